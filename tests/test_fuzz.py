"""Whatever a file holds, the validator says what is wrong with it, and where; see also fuzz_target.py."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import fuzz_target

SETTINGS = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
PIECES = [
    b"", b"1", b'"', b" ", b"\n", b"\r", b"\xc3", b"-", b"{", b"]", b"\0", b"\\u0000", b"\\ud800", b"NaN", b"1e999",
    b"null", b'"doc":1,', b"[" * 70, b"9" * 30, b"\xef\xbb\xbf", b"\xff", b'{"a":', b'"\\u0064oc":"b",',
]  # fmt: skip
EXAMPLE = Path(__file__).parent / "example"


@st.composite
def changed(draw: st.DrawFn, content: bytes) -> bytes:
    """Draw a content with a few bytes replaced."""
    data = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        data[at : at + draw(st.integers(0, 9))] = draw(st.sampled_from(PIECES) | st.binary(max_size=3))
    return bytes(data)


@SETTINGS
@given(st.binary(max_size=200) | changed(fuzz_target.GOOD), st.sampled_from(fuzz_target.SUFFIXES))
def test_any_line(tmp_path: Path, data: bytes, suffix: str) -> None:
    fuzz_target.check_file(tmp_path / f"some{suffix}", data)


@SETTINGS
@given(changed(gzip.compress(fuzz_target.GOOD)), changed(zstandard.ZstdCompressor().compress(fuzz_target.GOOD)))
def test_any_compressed_file(tmp_path: Path, gz: bytes, zst: bytes) -> None:
    fuzz_target.check_file(tmp_path / "some.jsonl.gz", gz)
    fuzz_target.check_file(tmp_path / "some.jsonl.zst", zst)


NAMES = sorted(path.relative_to(EXAMPLE) for path in EXAMPLE.rglob("*.json"))


@SETTINGS
@given(st.data())
def test_any_file_of_a_checkout(tmp_path: Path, data: st.DataObject) -> None:
    checkout = tmp_path / "a checkout"
    shutil.copytree(EXAMPLE, checkout, dirs_exist_ok=True)
    name = data.draw(st.sampled_from(NAMES))
    fuzz_target.check_file(checkout / name, data.draw(changed((EXAMPLE / name).read_bytes())))
