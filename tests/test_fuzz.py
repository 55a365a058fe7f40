"""Whatever a file holds, the validator says what is wrong with it, and where; see also fuzz_target.py."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import fuzz_target

SETTINGS = settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> fuzz_target.Ground:
    return fuzz_target.Ground(tmp_path_factory.mktemp("a ground") / "x")


@st.composite
def changed(draw: st.DrawFn, content: bytes) -> bytes:
    """Draw a content with a few bytes replaced."""
    data = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(data)))
        data[at : at + draw(st.integers(0, 9))] = draw(st.sampled_from(fuzz_target.PIECES) | st.binary(max_size=3))
    return bytes(data)


@SETTINGS
@given(st.binary(max_size=200) | changed(fuzz_target.GOOD), st.sampled_from(sorted(fuzz_target.ALONE)))
def test_any_content(ground: fuzz_target.Ground, data: bytes, place: str) -> None:
    ground.try_content(place, data)


@SETTINGS
@given(changed(gzip.compress(fuzz_target.GOOD)), changed(zstandard.ZstdCompressor().compress(fuzz_target.GOOD)))
def test_any_compressed_file(tmp_path: Path, gz: bytes, zst: bytes) -> None:
    fuzz_target.check_file(tmp_path / "some.jsonl.gz", gz)
    fuzz_target.check_file(tmp_path / "some.jsonl.zst", zst)


@SETTINGS
@given(st.data())
def test_any_file_of_the_ground(ground: fuzz_target.Ground, data: st.DataObject) -> None:
    place = data.draw(st.sampled_from(ground.places))
    ground.try_content(place, data.draw(changed((ground.folder / place).read_bytes())))


def test_a_case_is_a_seed(ground: fuzz_target.Ground) -> None:
    ((place, content),) = ground.laid(fuzz_target.TESTS / "cases" / "span-empty" / "bad-equal")
    assert place.startswith("checkout/annotations/")
    assert content != (ground.folder / place).read_bytes()
