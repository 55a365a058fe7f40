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
from chipstance.inputs import Part, cut, expand, is_json, is_lines, is_table, open_part
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
        list(pieces(io.BytesIO(packed[:9] + b"rest" + packed[9:]), compression))
    for rest in (b"\n", b"{}", b"rest"):
        with pytest.raises(StreamError, match=f"something that is no {compression} stands behind its end: cut it off"):
            list(pieces(io.BytesIO(packed + rest), compression))
    for begun in (packed[:1], packed[:2], packed[:5]):
        with pytest.raises(StreamError, match="cut off"):
            list(pieces(io.BytesIO(packed + begun), compression))
    with pytest.raises(StreamError, match=f"it is not compressed: let the name end without {SUFFIXES[compression]}"):
        list(pieces(io.BytesIO(b"plain text"), compression))
    for twice in (pack(packed), gzip.compress(packed)):
        with pytest.raises(StreamError, match="it is compressed twice"):
            list(pieces(io.BytesIO(twice), compression if twice[:2] == packed[:2] else GZIP))


def test_what_zstandard_asks_for_and_we_have_not_is_told() -> None:
    wide = zstandard.ZstdCompressionParameters(window_log=28)
    writer = zstandard.ZstdCompressor(compression_params=wide).compressobj()
    packed = writer.compress(b"{}\n") + writer.flush()
    with pytest.raises(StreamError, match=r"a window above 128 MiB: compress it with .* by zstd --long=27"):
        list(pieces(io.BytesIO(packed), ZSTD))
    words = zstandard.train_dictionary(1000, [f"abcdefgh{number}".encode() * 50 for number in range(500)])
    packed = zstandard.ZstdCompressor(dict_data=words).compress(b"{}\n")
    with pytest.raises(StreamError, match="with a dictionary, which nobody has here: compress it without one"):
        list(pieces(io.BytesIO(packed), ZSTD))


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


@pytest.mark.parametrize(
    ("name", "told", "compression"),
    [
        ("http://h/x.parquet?a=b;filename=x.jsonl", is_table, ""),
        ("https://h/x.jsonl.gz?x=a/b.jsonl", is_lines, GZIP),
        ("HTTPS://h/x.json.zst#x.jsonl", is_json, ZSTD),
        ("http://h/x.jsonl?sig=a/b.json.gz#c", is_lines, ""),
        ("simplecache::http://h/x.jsonl?sig=a.json", is_lines, ""),
        ("zip://in/x.jsonl.gz::http://h/z.zip?a=b.json", is_lines, GZIP),
        ("simplecache::zip://x.parquet::http://h/z.zip", is_table, ""),
        ("tar://x.json::z.tar.gz", is_json, ""),
        ("memory://x?y.jsonl", is_lines, ""),
        ("/x.json?y=.jsonl", is_lines, ""),
    ],
)
def test_the_ending_of_an_address_is_that_of_its_path(name: str, told: object, compression: str) -> None:
    assert [tells for tells in (is_lines, is_json, is_table) if tells(name)] == [told]
    assert Part(name).compression == compression


@given(st.integers(1, 2000), st.integers(1, 100))
def test_zeros_behind_a_gzip_member_fill_up_a_block(zeros: int, piece: int) -> None:
    content = gzip.compress(b"{}\n") + b"\0" * zeros
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(streams, "GZIP_PIECE", piece)
        assert b"".join(pieces(io.BytesIO(content), GZIP)) == b"{}\n"
        assert b"".join(pieces(io.BytesIO(content + gzip.compress(b"[]")), GZIP)) == b"{}\n[]"
        with pytest.raises(StreamError):
            list(pieces(io.BytesIO(content + b"x" * 20), GZIP))
