"""What a fuzzer calls: any content of a file must give problems, never an exception.

``python -m pip install atheris``, then ``python tests/fuzz_target.py -max_total_time=600`` (options are libFuzzer's).
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from chipstance.rules import RULES
from chipstance.validate import check

GOOD = (
    '{"doc": "quarry", "text": "Ada Quill said so. Über 5 £ zero.", "spans": [{"id": "p1", "layer": "speaker", '
    '"start": 0, "end": 9, "text": "Ada Quill", "attributes": {"entity": "ada-quill", "mention": "name"}}, '
    '{"id": "m1", "layer": "money", "start": 24, "end": 27, "text": "5 £", "attributes": {"currency": "GBP", '
    '"minimum": "5", "maximum": "5", "qualifier": "exact"}}]}\n'
).encode()
SUFFIXES = (".jsonl", ".json", ".jsonl.gz", ".jsonl.zst")


def check_file(path: Path, content: bytes) -> None:
    """Validate a file with this content, as whatever its lines may be."""
    path.write_bytes(content)
    for kind in ("documents", "predictions", "") if ".jsonl" in path.name else ("",):
        for problem in check([path], kind=kind).problems:
            assert problem.rule in RULES, problem
            assert problem.message, problem
            assert problem.line >= 1, problem
            assert problem.column >= 1, problem


def main() -> None:
    """Fuzz until told to stop; the first byte chooses what the rest is the content of."""
    import atheris  # type: ignore[import-untyped, import-not-found, unused-ignore]

    with tempfile.TemporaryDirectory() as folder:

        def one(data: bytes) -> None:
            suffix = SUFFIXES[data[0] % len(SUFFIXES)] if data else SUFFIXES[0]
            check_file(Path(folder) / f"some{suffix}", data[1:])

        atheris.instrument_all()
        atheris.Setup(sys.argv, one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
