"""Lines come out the same however the bytes came in: in pieces, compressed, cut into parts."""

from __future__ import annotations

import gzip
import io
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chipstance import streams
from chipstance.inputs import Part, cut, expand, is_lines, open_part
from chipstance.streams import COMPRESSIONS, GZIP, ZSTD, Line, StreamError, lines, pieces

SUFFIXES = {compression: suffix for suffix, compression in COMPRESSIONS.items()}
contents = st.lists(st.sampled_from([b"", b"a", b"{}", b"a long line of words", "é😀".encode(), b"\r"])).map(b"\n".join)


def split(content: bytes) -> list[bytes]:
    """Return the lines of a content, as everybody cuts them."""
    return content.removesuffix(b"\n").split(b"\n") if content else []


def data(found: list[Line]) -> list[bytes]:
    assert [line.number for line in found] == list(range(1, len(found) + 1))
    return [line.data for line in found]


@given(contents, st.integers(1, 7))
def test_lines_do_not_depend_on_the_pieces(content: bytes, size: int) -> None:
    cuts = [content[start : start + size] for start in range(0, len(content), size)]
    assert data(list(lines(iter(cuts)))) == split(content)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=contents, size=st.integers(1, 40), piece=st.integers(1, 9))
def test_parts_have_every_line_once(content: bytes, size: int, piece: int, tmp_path: Path) -> None:
    path = tmp_path / "some lines.jsonl"
    path.write_bytes(content)
    found = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(streams, "PIECE", piece)
        for part in cut(Part(str(path)), size):
            with open_part(part) as some:
                found += [line.data for line in some]
    assert found == split(content)


@pytest.mark.parametrize("compression", [GZIP, ZSTD])
def test_what_is_compressed_comes_out_whole(compression: str) -> None:
    content = b"".join(b"line %d\n" % number for number in range(100_000))
    pack = gzip.compress if compression == GZIP else zstandard.ZstdCompressor().compress
    packed = pack(content[:5000]) + pack(content[5000:])  # members one after the other are one file
    assert b"".join(pieces(io.BytesIO(packed), compression)) == content
    with pytest.raises(StreamError, match="is empty"):
        list(pieces(io.BytesIO(b""), compression))
    other = GZIP if compression == ZSTD else ZSTD
    with pytest.raises(StreamError, match=f"let the name end with {SUFFIXES[compression]}, or"):
        list(pieces(io.BytesIO(packed), other))
    for broken in (packed[:-3], packed[:40], packed[: len(packed) // 2]):
        with pytest.raises(StreamError, match="cut off"):
            list(pieces(io.BytesIO(broken), compression))
    with pytest.raises(StreamError, match="no sound"):
        list(pieces(io.BytesIO(packed + b"rest"), compression))
    with pytest.raises(StreamError, match=f"it is not compressed: let the name end without {SUFFIXES[compression]}"):
        list(pieces(io.BytesIO(b"plain text"), compression))
    for twice in (pack(packed), gzip.compress(packed)):
        with pytest.raises(StreamError, match="it is compressed twice"):
            list(pieces(io.BytesIO(twice), compression if twice[:2] == packed[:2] else GZIP))


@pytest.mark.parametrize("compression", [GZIP, ZSTD])
def test_a_bomb_is_refused_before_it_goes_off(compression: str) -> None:
    nothing = bytes(streams.HARMLESS + 20_000_000)
    packed = gzip.compress(nothing) if compression == GZIP else zstandard.ZstdCompressor().compress(nothing)
    seen: list[int] = []
    with pytest.raises(StreamError, match="swell"):
        seen.extend(map(len, pieces(io.BytesIO(packed), compression)))
    assert max(seen) <= streams.HARMLESS // 2
    assert sum(seen) <= streams.HARMLESS


def test_a_line_too_long_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "LONGEST_LINE", 10)
    found = list(lines(iter([b"ab\n" + b"x" * 8, b"x" * 8, b"x\ncd"])))
    assert found == [Line(1, b"ab"), Line(2, b"", 17), Line(3, b"cd")]


def test_names_are_expanded(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a.jsonl", "c.txt", "[x].jsonl"):
        (tmp_path / name).touch()
    assert expand(str(tmp_path / "?.jsonl")) == [str(tmp_path / "a.jsonl"), str(tmp_path / "b.jsonl")]
    assert expand(str(tmp_path / "[x].jsonl")) == [str(tmp_path / "[x].jsonl")]
    assert is_lines("a.jsonl")
    assert is_lines("memory://x/a.JSONL.gz")
    assert not is_lines("a.json.gz")
    assert not is_lines("a.parquet")


@given(st.integers(1, 2000), st.integers(1, 100))
def test_zeros_behind_a_gzip_member_fill_up_a_block(zeros: int, piece: int) -> None:
    content = gzip.compress(b"{}\n") + b"\0" * zeros
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(streams, "GZIP_PIECE", piece)
        assert b"".join(pieces(io.BytesIO(content), GZIP)) == b"{}\n"
        assert b"".join(pieces(io.BytesIO(content + gzip.compress(b"[]")), GZIP)) == b"{}\n[]"
        with pytest.raises(StreamError):
            list(pieces(io.BytesIO(content + b"x" * 20), GZIP))
