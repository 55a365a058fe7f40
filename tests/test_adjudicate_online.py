"""Adjudication in a real Label Studio: every version is shown, and what is submitted becomes decisions."""

import json

import pytest
from typer.testing import CliRunner

import adjudicate
import adjudicate_online as program
from chipstance.corpus import parse_document, read_layers
from chipstance.labeling import to_results
from chipstance.validate import validate
from label_studio_server import Desk, write

pytestmark = pytest.mark.xdist_group("label-studio")


def run(*arguments: object) -> tuple[int, str]:
    result = CliRunner().invoke(program.app, list(map(str, arguments)))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def test_a_dispute_is_decided_on_the_server(desk: Desk) -> None:
    checkout, layers = desk.checkout, read_layers(desk.checkout)
    desk.open("--docs", "harbor")
    desk.label("ada", "harbor")
    gold = json.loads(checkout.gold("harbor").read_text("utf-8"))
    fewer = [span for span in gold["spans"] if span["id"] not in ("o2", "t3")]
    write(desk.file("ben", "harbor"), gold | {"annotator": "ben", "spans": fewer})

    status, output = run("send", desk.number)
    assert (status, "1 new tasks" in output) == (0, True), output
    assert "0 new tasks" in run("send", desk.number)[1]
    project = desk.admin.find_project(f"ChipStance adjudication {desk.number}")
    assert project
    (task,) = desk.admin.tasks(project)
    assert len(task["predictions"]) == 3

    document = parse_document(gold, task["data"]["text"])
    wanted = [span for span in document.spans if span.id not in ("o2", "m2")]
    desk.annotator("ben").annotate(task["id"], to_results(wanted, layers))
    status, output = run("fetch", desk.number, "--as", "ben")
    assert (status, "1 of 1 documents decided; 3 decisions wait" in output) == (0, True), output
    path = checkout.adjudication(desk.number, "harbor")
    data = json.loads(path.read_text("utf-8"))
    verdicts = {entry["text"]: entry["verdict"] for entry in data["decisions"]}
    assert verdicts == {"Tidewater": "reject", "a firm hand on the tiller": "ada", "£450,000": "reject"}

    for entry in data["decisions"]:
        entry["reason"] = "So it is (section 1)."
    write(path, data)
    assert "0 decisions wait" in run("fetch", desk.number, "--as", "ben")[1]
    assert json.loads(path.read_text("utf-8")) == data
    result = CliRunner().invoke(adjudicate.app, ["gold", str(desk.number)])
    assert result.exit_code == 0, result.output
    assert validate([path, checkout.gold("harbor")]) == []
    texts = [span["text"] for span in json.loads(checkout.gold("harbor").read_text("utf-8"))["spans"]]
    assert "a firm hand on the tiller" in texts
    assert not {"Tidewater", "£450,000"} & set(texts)


def test_who_has_no_account_decides_nothing(desk: Desk) -> None:
    desk.open("--docs", "harbor")
    desk.label("ada", "harbor")
    assert run("send", desk.number)[0] == 1  # one annotator can't disagree
    desk.label("ben", "harbor")
    assert run("send", desk.number)[0] == 0
    status, output = run("fetch", desk.number, "--as", "dora")
    assert (status, "dora has no account" in output) == (2, True), output
