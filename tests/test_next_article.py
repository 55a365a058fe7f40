"""CONTRIBUTING's way of a new article to a new version, walked with a real Label Studio."""

import json
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

import adjudicate
import article
import build
import chipstance
from chipstance.cli import app
from chipstance.digests import sha256
from chipstance.folders import Checkout
from chipstance.validate import validate
from label_studio_server import Desk, write
from place import app as place

pytestmark = pytest.mark.xdist_group("label-studio")

RAW = (
    "Subscribe to the Flood Letter 🗞\r\n"
    "The weir 🌊 held, said Kit Weir. “To people who say: ‘The dam is lost.’ You are wrong: shared code saved it.”\r\n"
    "It cost nearly €2 million.\r\n"
)
ADA = """
speaker @s kit-weir name | said ⟦Kit Weir⟧.
cue @c | ⟦said⟧ Kit
statement @s @c indirect - | ⟦The weir 🌊 held⟧, said
statement @s @c direct - | ⟦“To people ⋯ saved it.”⟧
speaker @w - pronoun | people ⟦who⟧ say
cue @d | who ⟦say⟧:
statement @w @d direct - | ⟦‘The dam is lost.’⟧
stance open_source favor kit-weir true | ⟦shared code saved it⟧
money EUR 2000000 2000000 approximate | nearly ⟦€2 million⟧
"""
BEN = ADA.replace("⟦shared code saved it⟧", "wrong: ⟦shared code⟧ saved")


def ok(program: typer.Typer, *arguments: object) -> str:
    result = CliRunner().invoke(program, list(map(str, arguments)))
    assert result.exit_code == 0, result.output
    return result.output


def change(path: Path, **values: Any) -> None:
    write(path, json.loads(path.read_text("utf-8")) | values)


def label_the_first(checkout: Checkout, number: int) -> None:
    """Make the gold labels of the articles that are there come from a round, as all do where there are rounds."""
    docs = sorted(path.stem for path in checkout.gold("").parent.glob("*.json"))
    people = [{"id": name, "who": "a person"} for name in ("ada", "ben")]
    digest = sha256(checkout.guidelines.read_bytes())
    write(
        checkout.round_file(number),
        {"round": number, "docs": docs, "annotators": people, "guidelines_sha256": digest},
    )
    for name, doc in product(("ada", "ben"), docs):
        labels = json.loads(checkout.gold(doc).read_text("utf-8")) | {"annotator": name}
        write(checkout.labels(number, name, doc), labels)
    ok(adjudicate.app, "open", number, "--as", "cleo")
    ok(adjudicate.app, "gold", number)


def test_a_new_article_becomes_a_new_version(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout, number = desk.checkout, desk.number
    label_the_first(checkout, number + 1000)
    received = checkout.root.parent / "flood.txt"
    received.write_bytes(RAW.encode())

    ok(article.app, "add", received, "flood", "--note", "It states nothing about itself.")
    ok(article.app, "edit", "flood", r"Subscribe to the Flood Letter 🗞\r\n", "--reason", "Site furniture.")
    assert checkout.article("flood").read_bytes() == RAW.encode()

    registry = json.loads(checkout.entities.read_text("utf-8"))["entities"]
    kit = {"id": "kit-weir", "name": "Kit Weir", "kind": "person", "aliases": ["Kit Weir"]}
    write(checkout.entities, {"entities": sorted([*registry, kit], key=lambda entry: str(entry["id"]))})

    desk.open("--docs", "flood")
    for name, labels in (("ada", ADA), ("ben", BEN)):
        compact = checkout.root.parent / f"{name}.labels"
        compact.write_text(labels, "utf-8")
        ok(place, compact, "flood", name, desk.file(name, "flood"))
        desk.ok("push", name)
        desk.file(name, "flood").unlink()
    assert "flood" in desk.ok("status")
    desk.ok("pull")

    assert "stance" in ok(app, "agreement", checkout.rounds / str(number))

    ok(adjudicate.app, "open", number, "--as", "cleo")
    path = checkout.adjudication(number, "flood")
    decisions = json.loads(path.read_text("utf-8"))["decisions"]
    assert [entry["text"] for entry in decisions] == ["shared code saved it", "shared code"]
    change(path, decisions=[e | {"verdict": "ada", "reason": "The whole clause (6.3)."} for e in decisions])
    ok(adjudicate.app, "gold", number)

    ok(build.app)
    assert validate([checkout.root]) == []
    (flood,) = [document for document in chipstance.load(checkout.dataset) if document.id == "flood"]
    assert [s.text for s in flood.layer("stance")] == ["shared code saved it"]
    first, _, nested = flood.layer("statement")
    assert (first.text, nested.text) == ("The weir 🌊 held", "‘The dam is lost.’")

    monkeypatch.setattr(build, "__version__", "9.0.0")
    checkout.changelog.write_text("# Changelog\n", "utf-8")
    result = CliRunner().invoke(build.app, ["--check"])
    assert (result.exit_code, "CITATION.cff says version" in result.output or "CHANGELOG.md" in result.output) == (
        1,
        True,
    )
