"""Reads the lines of a file one after the other: of JSON Lines, plain or compressed, or the rows of Parquet.

What is read here is held, to be scored; ``line_files`` checks files of any size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from chipstance.context import Context
from chipstance.inputs import PREDICTIONS, Part, is_table, open_part
from chipstance.layers import Layers
from chipstance.line_looks import begun, refuse
from chipstance.locate import JsonError, decode
from chipstance.model import Problem
from chipstance.parquet_columns import PARQUET_COLUMNS, column_faults, wanted_columns
from chipstance.parquet_lines import UNREADABLE, Row, RowLines, row_lines
from chipstance.parquet_rows import Table, batches, groups, open_table, too_large
from chipstance.schemas import Schemas
from chipstance.sources import Source, parse_source, refused, unreadable
from chipstance.streams import LINE_TOO_LONG, LONGEST_LINE, Line, StreamError

EMPTY = 'the file is empty: write one line for each document, with "spans": [] where there are none'


def read_predictions(path: Path, context: Context) -> Iterator[Source]:
    """Read a file of predictions: one source for each document.

    Args:
        path: the file.
        context: the layers, which must be known, and the schemas.
    """
    reader = _Reader(path, PREDICTIONS, context.schemas)
    return reader.whole(reader.predictions(context.layers or Layers({}, ())) if is_table(path.name) else reader.lines())


def read_lines(path: Path, kind: str, schemas: Schemas, written: Callable[[Row], bytes]) -> Iterator[Source]:
    """Read a file of JSON Lines, or all columns of one of Parquet: one source for each line or row.

    Args:
        path: the file.
        kind: what the lines are.
        schemas: what they are held to.
        written: what writes a row of Parquet as a line.
    """
    reader = _Reader(path, kind, schemas)
    return reader.whole(reader.table(written) if is_table(path.name) else reader.lines())


def too_long(path: Path, line: Line, number: int) -> Problem:
    """Return the problem of a line that is too long to be held."""
    message = f"the line has {line.too_long} bytes, more than {LONGEST_LINE}: is a line break missing?"
    return Problem(LINE_TOO_LONG, str(path), "", message, number)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one file.

    Attributes:
        path: the file.
        kind: what its lines are.
        schemas: what they are held to.
    """

    path: Path
    kind: str
    schemas: Schemas

    def whole(self, found: Iterator[Source]) -> Iterator[Source]:
        """Yield what is read, and why there is nothing or no more."""
        last = 0
        try:
            for source in found:
                last = source.line
                yield source
        except StreamError as error:
            yield self._without(self._unread(error, last + 1))
        except OSError as error:
            yield self._without(unreadable(self.path, error))
        else:
            if not last:
                yield self._without(Problem("predictions-empty", str(self.path), "", EMPTY))

    def lines(self) -> Iterator[Source]:
        """Yield the lines of JSON Lines."""
        with open_part(Part(str(self.path))) as content:
            first, lines = begun(content)
            refuse(first)
            for line in lines:
                if line.too_long:
                    yield self._without(too_long(self.path, line, line.number))
                else:
                    yield self._line(line.data, line.number)

    def predictions(self, layers: Layers) -> Iterator[Source]:
        """Yield the rows of a Parquet file of predictions."""
        with open_table(str(self.path)) as (table, length):
            faults = column_faults(table.schema_arrow, layers, self.kind)
            wrong = [Problem(PARQUET_COLUMNS, str(self.path), *fault) for fault in faults]
            if wrong:
                yield self._without(*wrong)
                return
            columns = list(wanted_columns(table.schema_arrow.names, layers, self.kind))
            yield from self._rows(table, length, columns, RowLines(layers, self.kind).line)

    def table(self, written: Callable[[Row], bytes]) -> Iterator[Source]:
        """Yield the rows of a Parquet file with all their columns."""
        with open_table(str(self.path)) as (table, length):
            yield from self._rows(table, length, None, written)

    def _rows(
        self, table: Table, length: int, columns: Sequence[str] | None, written: Callable[[Row], bytes]
    ) -> Iterator[Source]:
        end = 0
        for group, rows in groups(table, Part(str(self.path))):
            read, end = end, end + rows
            try:
                for batch in batches(table, length, group, columns):
                    if message := too_large(batch):
                        yield self._without(Problem(LINE_TOO_LONG, str(self.path), "", message, read + 1))
                    else:
                        lines = enumerate(row_lines(batch, written), start=read + 1)
                        yield from (self._row(line, number) for number, line in lines)
                    read += batch.num_rows
            except StreamError as error:
                yield self._without(self._unread(error, read + 1))

    def _row(self, line: bytes | None, number: int) -> Source:
        if line is None:
            return self._without(Problem("json-encoding", str(self.path), "", UNREADABLE, number))
        return self._line(line, number)

    def _line(self, data: bytes, number: int) -> Source:
        try:
            text = decode(data, line=True)
        except JsonError as error:
            return self._without(refused(self.path, error, number))
        return parse_source(self.path, self.kind, text, number, self.schemas)

    def _unread(self, error: StreamError, number: int) -> Problem:
        return Problem(error.rule, str(self.path), "", str(error), number)

    def _without(self, *problems: Problem) -> Source:
        """Return what can't be read, with the reasons."""
        return Source(self.path, self.kind, line=problems[0].line, problems=problems)
