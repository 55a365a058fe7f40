"""What a fuzzer calls: any content of any file must give problems, never an exception.

CONTRIBUTING.md has the commands. An input's first byte chooses a file of the ground, the rest is its content.
"""

from __future__ import annotations

import gc
import gzip
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType
from unittest import mock

import zstandard

from case_files import lay_over
from chipstance import validate
from chipstance.folders import schema_folder
from chipstance.rules import RULES

TESTS = Path(__file__).parent
LAID = ("gold-derived/good-round", "manifest-file/good-release")
GOOD = (
    '{"doc": "quarry", "text": "Ada Quill said so. Über 5 £ zero.", "spans": [{"id": "p1", "layer": "speaker", '
    '"start": 0, "end": 9, "text": "Ada Quill", "attributes": {"entity": "ada-quill", "mention": "name"}}, '
    '{"id": "m1", "layer": "money", "start": 24, "end": 27, "text": "5 £", "attributes": {"currency": "GBP", '
    '"minimum": "5", "maximum": "5", "qualifier": "exact"}}]}\n'
).encode()
PREDICTED = b'{"doc": "mill", "spans": [{"layer": "cue", "text": "said"}]}\n{"doc": "harbor", "answer": "{}"}\n'
ALONE = {
    "some.json": b'{"doc": "mill", "spans": []}\n',
    "some.jsonl": GOOD,
    "some.jsonl.gz": gzip.compress(GOOD),
    "some.jsonl.zst": zstandard.ZstdCompressor().compress(GOOD),
    "checkout/some.jsonl": PREDICTED,
    "some.parquet": (TESTS / "cases" / "parquet-columns" / "good-map.parquet").read_bytes(),
}
PIECES = [
    b"", b"1", b'"', b" ", b"\n", b"\r", b"\xc3", b"-", b"{", b"]", b"\0", b"\\u0000", b"\\ud800", b"NaN", b"1e999",
    b"null", b'"doc":1,', b"[" * 70, b"9" * 30, b"\xef\xbb\xbf", b"\xff", b'{"a":', b'"\\u0064oc":"b",',
]  # fmt: skip
"""What is put into files; a fuzzer makes its own pieces too."""
LONGEST = 8000
"""So many bytes has an input of the fuzzer's."""


def check_file(path: Path, content: bytes, schema: Path | None = None) -> None:
    """Validate a file with this content, as whatever its lines may be."""
    path.write_bytes(content)
    for kind in ("documents", "predictions", "") if ".jsonl" in path.name else ("",):
        check_problems(validate.check([path], schema, kind=kind))


def check_problems(result: validate.Result) -> None:
    """Hold that every problem says what is wrong, and where."""
    for problem in result.problems:
        assert problem.rule in RULES, problem
        assert problem.message, problem
        assert problem.line >= 1, problem
        assert problem.column >= 1, problem


class Ground:
    """Files of every kind in which any content may stand: an invented checkout, schemas, and files by themselves.

    Args:
        folder: where they are put up; it must not be there yet.

    Attributes:
        places: every file, relative to the folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(TESTS / "example", folder / "checkout")
        for case in LAID:
            lay_over(TESTS / "cases" / case, folder / "checkout")
        (folder / "checkout" / "schema").mkdir()
        shutil.copy(schema_folder() / "layers.json", folder / "checkout" / "schema")
        shutil.copytree(schema_folder(), folder / "schema")
        for name, content in ALONE.items():
            (folder / name).write_bytes(content)
        self.places = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        for place in self.places:
            self.try_content(place, (folder / place).read_bytes())

    def try_content(self, place: str, content: bytes) -> None:
        """Validate one file with another content, and all that is judged by it; then put it back."""
        path = self.folder / place
        before = path.read_bytes()
        try:
            if place.startswith("schema/"):
                path.write_bytes(content)
                check_problems(validate.check([self.folder / "checkout" / "annotations" / "gold"], path.parent))
            else:
                check_file(path, content)
                if "annotations/" in place:
                    check_problems(validate.check([self.folder / "checkout" / "annotations"]))
        finally:
            path.write_bytes(before)

    def seeds(self) -> Iterator[tuple[str, bytes]]:
        """Yield places and contents to begin with: the files as they are, and what the cases make of them."""
        yield from ((place, (self.folder / place).read_bytes()) for place in self.places)
        for case in sorted(path for path in (TESTS / "cases").glob("*/*") if "link" not in path.name):
            if case.is_file():
                name = "some" + "".join(case.suffixes)
                yield from ((place, case.read_bytes()) for place in self.places if place.endswith(name))
            else:
                yield from self.laid(case)

    def laid(self, case: Path) -> Iterator[tuple[str, bytes]]:
        """Yield places and contents that differ when a case is laid over the checkout."""
        with tempfile.TemporaryDirectory() as folder:
            checkout = Path(folder) / "checkout"
            shutil.copytree(self.folder / "checkout", checkout)
            try:
                lay_over(case, checkout)
            except (LookupError, OSError):
                return  # it changes what the ground does not hold
            for place in self.places:
                there, here = Path(folder) / place, self.folder / place
                if place.startswith("checkout/") and there.is_file() and there.read_bytes() != here.read_bytes():
                    yield place, there.read_bytes()


def main() -> None:
    """Fuzz until told to stop."""
    import atheris  # type: ignore[import-untyped, import-not-found, unused-ignore]

    with tempfile.TemporaryDirectory() as folder:
        ground = Ground(Path(folder) / "ground")
        again = any(Path(each).is_file() for each in sys.argv[1:])

        def one(data: bytes) -> None:
            ground.try_content(ground.places[data[0] % len(ground.places) if data else 0], data[1:])

        # the schemas of this code are the same for every input, and slow to read
        known, read = validate._read_base(schema_folder()), validate._read_base
        same = mock.patch.object(validate, "_read_base", lambda of: known if of == schema_folder() else read(of))
        with same:
            for each in gc.get_objects():
                if isinstance(each, FunctionType) and str(each.__module__).startswith("chipstance."):
                    atheris.instrument_func(each)
            atheris.Setup([*sys.argv, *(() if again else _begin_with(ground, Path(folder)))], one)
            atheris.Fuzz()


def _begin_with(ground: Ground, folder: Path) -> list[str]:
    """Write what to begin with; return the options that name it."""
    corpus, dictionary = folder / "corpus", folder / "dictionary"
    corpus.mkdir()
    seeds = (seed for seed in ground.seeds() if len(seed[1]) < LONGEST)
    for number, (place, content) in enumerate(seeds):
        (corpus / str(number)).write_bytes(bytes([ground.places.index(place)]) + content)
    words = ("".join(f"\\x{byte:02x}" for byte in piece) for piece in PIECES if piece)
    dictionary.write_text("".join(f'"{word}"\n' for word in words), "ascii")
    return [f"-dict={dictionary}", f"-max_len={LONGEST}", str(corpus)]


if __name__ == "__main__":
    main()
