"""The example checkout, and case folders laid over a copy of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from case_files import put_up

if TYPE_CHECKING:
    from label_studio_server import Desk, RealServer

EXAMPLE = Path(__file__).parent / "example"

Change = Callable[[str, Callable[[Any], object]], Path]
SetUp = Callable[[Path], Path]


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """A copy of the example checkout that a test may change; its path holds a space."""
    return Path(shutil.copytree(EXAMPLE, tmp_path / "a checkout"))


@pytest.fixture
def change(example: Path) -> Change:
    """Change one JSON file of the example with a function that is given its content."""

    def apply(name: str, mutate: Callable[[Any], object]) -> Path:
        path = example / name
        data = json.loads(path.read_text("utf-8"))
        mutate(data)
        path.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", "utf-8")
        return path

    return apply


@pytest.fixture
def set_up(example: Path, monkeypatch: pytest.MonkeyPatch) -> SetUp:
    """Set a case up beside or over the example; return what is to be validated from a folder outside any checkout."""

    def apply(case: Path) -> Path:
        monkeypatch.chdir(example.parent)
        return put_up(case, example)

    return apply


@pytest.fixture(scope="session")
def real_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """A Label Studio with two annotators; tests that use it are marked ``xdist_group("label-studio")``."""
    from label_studio_server import started

    yield from started(tmp_path_factory.mktemp("label studio") / "home")


@pytest.fixture
def desk(real_server: RealServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """A checkout to run rounds in, and the server, alive."""
    from label_studio_server import laid

    real_server.revive()
    yield laid(real_server, tmp_path / "a checkout", monkeypatch)
    real_server.revive()
