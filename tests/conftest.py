"""The example checkout, and case folders laid over a copy of it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

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
def set_up(example: Path) -> SetUp:
    """Set a case up beside or over the example; return what is to be validated."""

    def apply(case: Path) -> Path:
        if case.is_dir():
            lay_over(case, example)
            return example
        place = example if case.suffix == ".jsonl" else example.parent
        return Path(shutil.copy(case, place / f"alone{case.suffix}"))

    return apply


def lay_over(case: Path, checkout: Path) -> None:
    """Lay a case folder over a checkout.

    A file takes the place of the one in the checkout; ``X.deleted`` deletes X, ``X.link`` makes X a symbolic
    link to what it says, and ``X.patch`` changes the JSON file X by the operations of a JSON Patch (RFC 6902).
    """
    for source in sorted(path for path in case.rglob("*") if path.is_file()):
        target = checkout / source.relative_to(case)
        target.parent.mkdir(parents=True, exist_ok=True)
        bare = target.with_suffix("")
        match target.suffix:
            case ".deleted":
                bare.unlink()
            case ".link":
                bare.symlink_to(source.read_text("utf-8").strip())
            case ".patch":
                data = json.loads(bare.read_text("utf-8"))
                patch(data, json.loads(source.read_text("utf-8")))
                bare.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", "utf-8")
            case _:
                shutil.copyfile(source, target)


def patch(data: Any, operations: list[dict[str, Any]]) -> None:
    """Apply add, remove and replace operations in place."""
    for operation in operations:
        *parents, last = [part.replace("~1", "/").replace("~0", "~") for part in operation["path"].split("/")[1:]]
        owner = data
        for part in parents:
            owner = owner[int(part) if isinstance(owner, list) else part]
        key: Any = int(last) if isinstance(owner, list) else last
        if operation["op"] == "remove":
            del owner[key]
        elif operation["op"] == "add" and isinstance(owner, list):
            owner.insert(key, operation["value"])
        else:
            assert operation["op"] == "add" or key in range(len(owner)) or key in owner, operation
            owner[key] = operation["value"]


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
