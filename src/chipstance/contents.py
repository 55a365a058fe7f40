"""All that a release holds before it is described: the card, Croissant and the manifest read from here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chipstance.citation import Citation
from chipstance.corpus import Corpus
from chipstance.digests import content_digest
from chipstance.parquet import TableFile, make_table_file
from chipstance.records import Records, make_records
from chipstance.tables import Table, release_tables


@dataclass(frozen=True, slots=True)
class Contents:
    """The data of a release.

    Attributes:
        version: the release's version.
        corpus: what it is made from.
        citation: how it is cited.
        tables: the configs, the default one first.
        records: their rows.
        files: their Parquet files, in the order of configs and splits.
        agreement: of the annotators whose labels the gold labels were made from, in Markdown; empty where unknown.
        baselines: what they score, in Markdown; empty where there are none.
    """

    version: str
    corpus: Corpus
    citation: Citation
    tables: Sequence[Table]
    records: Records
    files: Sequence[TableFile]
    agreement: str = ""
    baselines: str = ""

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits that there are, in order."""
        return tuple(self.records[self.tables[0].config])

    def of(self, config: str) -> tuple[TableFile, ...]:
        """Return one config's files."""
        return tuple(file for file in self.files if file.config == config)


def make_contents(
    corpus: Corpus, citation: Citation, version: str, agreement: str = "", baselines: str = ""
) -> Contents:
    """Make every table of a release.

    Raises:
        RecordError: no row can be made from some label.
    """
    tables, records = release_tables(corpus.layers), make_records(corpus)
    files = [
        make_table_file(table, split, rows, version)
        for table in tables
        for split, rows in records[table.config].items()
    ]
    return Contents(version, corpus, citation, tables, records, files, agreement, baselines)


def files_digest(files: Sequence[TableFile]) -> str:
    """Return one digest for the content of tables."""
    return content_digest({file.path: file.sha256 for file in files})
