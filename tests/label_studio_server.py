"""A real Label Studio for the tests: one for all of them, with two annotators, that can be killed and revived."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any, NoReturn

import pytest
from typer.testing import CliRunner, Result

import label_studio as script
import round as rounds_script
from accounts import Connection, accounts_of
from chipstance.folders import Checkout
from chipstance.label_studio import Project, Server
from chipstance.layers import Layers
from chipstance.model import Span, by_position
from example_release import copy_example

ANNOTATORS = ("ada", "ben")


def unavailable(reason: str) -> NoReturn:
    """Skip a test that lacks a tool; in CI, where nothing may lack, fail it."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def free_port() -> int:
    """Return a port that nothing listens on, outside the range from which the system takes those of clients."""
    ports = random.SystemRandom().sample(range(20_000, 32_000), 50)
    return next(port for port in ports if not script.is_taken(port))


@dataclass
class RealServer:
    """A server with its manager's token and two annotators' accounts.

    Attributes:
        home: the checkout that it was started from.
        running: its process.
        numbers: rounds are counted through all tests, for they share the server.
    """

    home: Checkout
    running: script.Running
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def connection(self) -> Connection:
        accounts = accounts_of(self.home, self.running.data)
        return Connection(self.running.url, accounts.read()["admin"]["token"], accounts, own=True)

    def environment(self) -> dict[str, str]:
        return {"LABEL_STUDIO_URL": self.running.url, "LABEL_STUDIO_API_KEY": self.connection.token}

    def kill(self) -> None:
        """Take the server away, as a power cut would."""
        os.killpg(self.running.pid, signal.SIGKILL)
        while self.running.lives() or script.is_taken(self.running.port):
            time.sleep(0.02)

    def revive(self) -> None:
        if not self.running.lives():
            self.running = script.start_server(self.home, self.running.port, Path(self.running.data))


def started(home: Path) -> Iterator[RealServer]:
    """Start a server in a checkout of its own, and stop it at the end."""
    if not script.READY.is_file():
        unavailable("there is no environment of Label Studio: `make test` makes it")
    checkout = copy_example(home)
    server = RealServer(checkout, script.start_server(checkout, free_port(), home / "data"))
    try:
        for name in ANNOTATORS:
            script.make_account(server.connection, name)
        yield server
    finally:
        script.stop_server(checkout, server.running)


@dataclass
class Desk:
    """A copy of the example in which a test runs the commands, with a round number of its own.

    Attributes:
        checkout: the copy; the working folder stands in it.
        server: the real server.
        number: the round.
    """

    checkout: Checkout
    server: RealServer
    number: int

    def run(self, command: str, *arguments: str) -> Result:
        """Run a command of ``scripts/round.py`` for this round."""
        return CliRunner().invoke(rounds_script.app, [command, str(self.number), *arguments])

    def open(self, *arguments: str) -> None:
        annotators = [text for name in ANNOTATORS for text in ("--annotator", name)]
        result = self.run("open", *annotators, *arguments)
        assert result.exit_code == 0, result.output

    def ok(self, command: str, *arguments: str) -> str:
        result = self.run(command, *arguments)
        assert result.exit_code == 0, result.output
        return result.output

    @property
    def admin(self) -> Server:
        return self.server.connection.server()

    @property
    def project(self) -> Project:
        found = self.admin.find_project(f"ChipStance round {self.number}")
        assert found
        return found

    def tasks(self) -> list[dict[str, Any]]:
        return list(self.admin.tasks(self.project))

    def task(self, doc: str) -> dict[str, Any]:
        (found,) = [task for task in self.tasks() if task["data"]["doc"] == doc]
        return found

    def annotator(self, name: str) -> Server:
        return self.server.connection.server_as(name)

    def file(self, annotator: str, doc: str) -> Path:
        return self.checkout.labels(self.number, annotator, doc)

    def files(self) -> dict[str, bytes]:
        folder = self.checkout.rounds / str(self.number)
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.json"))}

    def label(self, annotator: str, *docs: str, keep: slice = slice(None)) -> None:
        """Give an annotator label files: the gold labels, or a part of them."""
        for doc in docs:
            data = json.loads(self.checkout.gold(doc).read_text("utf-8"))
            data |= {"annotator": annotator, "spans": data["spans"][keep]}
            write(self.file(annotator, doc), data)


def write(path: Path, data: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data, ensure_ascii=False, indent=2) + "\n", "utf-8")


def laid(server: RealServer, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Lay a checkout in a folder, with guidelines and with the accounts that the server knows."""
    checkout = copy_example(folder)
    (checkout.annotations / "guidelines.md").write_text("# Guidelines\n\n| ✓ | ✗ |\n|---|---|\n| ⟦Roe⟧ said | she |\n")
    accounts = accounts_of(checkout, server.running.url)
    for name, entry in server.connection.accounts.read().items():
        if name in ANNOTATORS:
            accounts.add(name, entry)
    monkeypatch.chdir(checkout.root)
    for key, value in server.environment().items():
        monkeypatch.setenv(key, value)
    return Desk(checkout, server, next(server.numbers))


TEMPLATE = (
    ("🧵👩‍🚀 ", ""),
    ("Brightloom", "organization"),
    (" lost ", ""),
    ("$4.5 million", "money"),
    (".\r\n\r\n", ""),
    ("“The looms\r\nare slow,”", "statement"),
    (" ", ""),
    ("said", "cue"),
    (" ", ""),
    ("Ada Quill", "speaker"),
    (". 🚢 Brightloom again, unlabelled: ", ""),
)
ATTRIBUTES: dict[str, dict[str, str | None]] = {
    "organization": {"entity": "brightloom"},
    "money": {"currency": "USD", "minimum": "4500000", "maximum": "4500000", "qualifier": "exact"},
    "statement": {"speaker": "speaker", "cue": "cue", "kind": "direct", "utterance": None},
    "cue": {},
    "speaker": {"entity": "ada-quill", "mention": "name"},
}


def grow(checkout: Checkout, number: int) -> list[str]:
    """Add invented articles to a checkout, each with emoji, CRLF and names that stand twice; label them all as gold."""
    listed = json.loads(checkout.articles.read_text("utf-8"))
    docs = [f"grown-{index:03}" for index in range(number)]
    for index, doc in enumerate(docs):
        text, spans = "", []
        for piece, layer in TEMPLATE:
            if layer:
                place = {"start": len(text), "end": len(text) + len(piece), "text": piece}
                spans.append({"id": layer, "layer": layer, **place, "attributes": ATTRIBUTES[layer]})
            text += piece
        text += str(index)
        data = text.encode()
        checkout.article(doc).write_bytes(data)
        digest = sha256(data).hexdigest()
        write(checkout.edits(doc), {"doc": doc, "article_sha256": digest, "edits": []})
        write(checkout.gold(doc), {"doc": doc, "annotator": "gold", "text_sha256": digest, "spans": spans})
        entry = listed["articles"][0] | {"id": doc, "sha256": digest, "title": None, "source_file": f"{doc}.html.txt"}
        listed["articles"].append(entry)
    write(checkout.articles, listed)
    return docs


ALPHABET = ["🌾", "👩🏽‍🚀", "a", "é", "q̈", "\r\n", "\n", "\\n", " ", "“", "𝒳", "<b>", "&amp;", "$text"]


def wild(layers: Layers, seed: int) -> tuple[str, tuple[Span, ...]]:
    """Return a text and labels that no rule has seen: nested, overlapping, equal, at the edges, all attributes."""
    chance = random.Random(seed)
    text = "".join(["a", *chance.choices(ALPHABET, k=chance.randint(1, 60))])
    inked = [place for place, character in enumerate(text) if not character.isspace()]
    spans: list[Span] = []
    for layer in sorted(layers, key=lambda layer: any(layer.references("span"))):
        for index in range(chance.randint(1, 4)):
            start, last = sorted(chance.choices(inked, k=2))
            end = last + 1
            values = {a.name: value_of(a, spans, chance) for a in layer.attributes.values()}
            spans.append(Span(f"{layer.name}-{index}", layer.name, start, end, text[start:end], values))
    return text, by_position(spans)


def value_of(attribute: Any, spans: Sequence[Span], chance: random.Random) -> Any:
    if attribute.nullable and chance.random() < 0.3:
        return None
    choices = {
        "choice": attribute.values,
        "boolean": (True, False),
        "span": [span.id for span in spans if span.layer == attribute.layer],
        "currency": ("USD", "EUR"),
        "decimal": ("0", "4500000", "0.5"),
    }
    return chance.choice(choices.get(attribute.type, ("ada-quill", "brightloom", "x-1")))
