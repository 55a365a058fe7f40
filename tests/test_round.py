"""Rounds on a real Label Studio: out and back without loss, twice without harm, and over crashes."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chipstance.corpus import read_layers
from chipstance.digests import sha256
from chipstance.label_studio import Server
from chipstance.labeling import read_export, to_results
from chipstance.validate import validate
from label_studio_server import ANNOTATORS, Desk, grow, wild, write

pytestmark = pytest.mark.xdist_group("label-studio")

SCRIPTS = Path(__file__).resolve().parents[1] / "scripts"
DOCS = ("mill", "harbor")
Row = dict[str, Any]


def spans_of(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))["spans"]


def test_a_round_goes_out_and_comes_back_unchanged_under_two_accounts(desk: Desk) -> None:
    desk.open("--who", "ada=a person, invented")
    desk.label("ada", *DOCS)
    desk.label("ben", *DOCS, keep=slice(1))
    wanted = {name: {doc: spans_of(desk.file(name, doc)) for doc in DOCS} for name in ANNOTATORS}
    for name in ANNOTATORS:
        assert desk.ok("push", name) == f"{name}: 2 new\n"
        for doc in DOCS:
            desk.file(name, doc).unlink()

    assert desk.ok("pull") == f"round {desk.number}: 4 new\n"

    assert {name: {doc: spans_of(desk.file(name, doc)) for doc in DOCS} for name in ANNOTATORS} == wanted
    data = json.loads(desk.file("ada", "harbor").read_text("utf-8"))
    assert data["tool"] == {"name": "label-studio", "version": "1.23.2"}
    assert (data["doc"], data["annotator"]) == ("harbor", "ada")
    assert [span["id"] for span in data["spans"] if span.get("repaired")] == ["m1"]
    users = desk.admin.users()
    makers = {entry["completed_by"] for task in desk.tasks() for entry in task["annotations"]}
    assert makers == {users[f"{name}@chipstance.invalid"] for name in ANNOTATORS}
    assert validate([desk.checkout.rounds]) == []


def test_the_round_file_says_what_was_opened(desk: Desk) -> None:
    desk.open("--docs", "mill", "--who", "ada=a person, invented")
    guidelines = (desk.checkout.annotations / "guidelines.md").read_bytes()
    expected = {
        "round": desk.number,
        "docs": ["mill"],
        "annotators": [{"id": "ada", "who": "a person, invented"}, {"id": "ben", "who": ""}],
        "guidelines_sha256": sha256(guidelines),
    }
    assert json.loads(desk.checkout.round_file(desk.number).read_text("utf-8")) == expected
    assert [task["data"]["doc"] for task in desk.tasks()] == ["mill"]
    desk.open("--docs", "harbor", "--who", "ben=a program")
    data = json.loads(desk.checkout.round_file(desk.number).read_text("utf-8"))
    assert data["docs"] == ["mill", "harbor"]
    assert [entry["who"] for entry in data["annotators"]] == ["a person, invented", "a program"]
    assert [task["data"]["doc"] for task in desk.tasks()] == ["mill", "harbor"]


def test_every_command_changes_nothing_the_second_time(desk: Desk) -> None:
    gold = desk.checkout.gold("mill").parent
    desk.open("--prelabel", str(gold))
    desk.label("ada", *DOCS)
    desk.ok("push", "ada")
    desk.ok("pull")
    tasks, files = desk.tasks(), desk.files()
    assert [len(task["predictions"]) for task in tasks] == [1, 1]

    desk.open("--prelabel", str(gold))
    assert desk.ok("push", "ada") == "ada: 2 as it was\n"
    assert desk.ok("pull") == f"round {desk.number}: 2 as it was, 2 not submitted\n"
    desk.ok("status")

    assert desk.tasks() == tasks
    assert desk.files() == files


def test_texts_and_labels_of_any_shape_come_back_from_the_server(desk: Desk) -> None:
    layers = read_layers(desk.checkout)
    cases = {f"wild-{seed}": wild(layers, seed) for seed in range(30)}
    desk.open()
    tasks = [{"data": {"doc": doc, "text": text, "text_sha256": sha256(text)}} for doc, (text, _) in cases.items()]
    desk.admin.add_tasks(desk.project, tasks)
    annotator = desk.annotator("ada")
    for task in desk.tasks():
        if spans := cases.get(task["data"]["doc"], ("", ()))[1]:
            annotator.annotate(task["id"], to_results(spans, layers))
    found = {item.doc: item for item in read_export(desk.tasks(), layers)}
    assert {doc: item.spans for doc, item in found.items()} == {doc: spans for doc, (_, spans) in cases.items()}
    assert {doc: item.text for doc, item in found.items()} == {doc: text for doc, (text, _) in cases.items()}
    assert [fault for item in found.values() for fault in item.faults] == []


def test_predictions_become_pre_annotations_also_of_tasks_that_are_there(desk: Desk) -> None:
    desk.open()
    span = {"layer": "cue", "start": 0, "end": 10}
    path = desk.checkout.root / "predictions.jsonl"
    path.write_text(json.dumps({"doc": "mill", "spans": [span]}) + "\n")
    desk.open("--prelabel", str(path))
    assert [len(desk.task(doc)["predictions"]) for doc in DOCS] == [1, 0]
    assert desk.run("pull").output.count("not submitted") == 1

    path.write_text(json.dumps({"doc": "mill", "spans": [span | {"end": 9999}]}) + "\n")
    result = desk.run("open", "--prelabel", str(path))
    assert result.exit_code == 1
    assert "predictions.jsonl:1:" in result.output


def label_all(desk: Desk, docs: list[str]) -> None:
    desk.run("open", "--annotator", "ada", *(text for doc in docs for text in ("--docs", doc)))
    desk.label("ada", *docs)


def count_calls(monkeypatch: pytest.MonkeyPatch, name: str, at: int, act: Callable[[], None]) -> None:
    """Do something just after a method of the server has been called a number of times."""
    method, calls = getattr(Server, name), [0]

    def counted(server: Server, *arguments: Any) -> Any:
        result = method(server, *arguments)
        calls[0] += 1
        if calls[0] == at:
            act()
        return result

    monkeypatch.setattr(Server, name, counted)


def test_a_half_done_import_is_completed(desk: Desk) -> None:
    desk.open("--docs", "harbor")
    first = desk.task("harbor")
    desk.open("--docs", "mill", "--docs", "harbor")
    assert desk.task("harbor") == first
    assert len(desk.tasks()) == 2
    result = desk.run("push", "ada")
    assert (result.exit_code, "no label file" in result.output) == (2, True)


def test_an_import_is_completed_after_the_server_was_killed(desk: Desk) -> None:
    docs = grow(desk.checkout, 50)
    arguments = ["--annotator", "ada", *(text for doc in docs for text in ("--docs", doc))]
    with pytest.MonkeyPatch.context() as patch:
        count_calls(patch, "add_tasks", 1, desk.server.kill)
        result = desk.run("open", *arguments)
    assert (result.exit_code, len(result.output.splitlines())) == (1, 1)
    desk.server.revive()
    assert len(desk.tasks()) == 20
    assert "30 new of 50" in desk.ok("open", *arguments)
    assert [task["data"]["doc"] for task in desk.tasks()] == docs


def test_a_push_goes_on_after_the_server_was_killed(desk: Desk) -> None:
    docs = grow(desk.checkout, 20)
    label_all(desk, docs)
    with pytest.MonkeyPatch.context() as patch:
        count_calls(patch, "annotate", 11, desk.server.kill)
        result = desk.run("push", "ada")
    assert result.exit_code == 1
    assert (
        result.output == f"no Label Studio answers at {desk.server.running.url}: start it, or check LABEL_STUDIO_URL\n"
    )
    desk.server.revive()
    assert desk.ok("push", "ada") == "ada: 9 new, 11 as it was\n"
    assert [len(task["annotations"]) for task in desk.tasks()] == [1] * 20


def test_a_pull_goes_on_after_the_server_was_killed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    docs = grow(desk.checkout, 25)
    label_all(desk, docs)
    desk.ok("push", "ada")
    before = desk.files()
    monkeypatch.setattr("chipstance.label_studio.PAGE", 10)
    with pytest.MonkeyPatch.context() as patch:
        count_calls(patch, "_page", 1, desk.server.kill)
        result = desk.run("pull")
    assert (result.exit_code, len(result.output.splitlines())) == (1, 1)
    assert desk.files() == before
    desk.server.revive()
    assert desk.ok("pull") == f"round {desk.number}: 25 changed\n"
    assert validate([desk.checkout.rounds]) == []


KILLED = """
import os, signal, sys
sys.path.insert(0, {scripts!r})
import round
from chipstance.label_studio import Server

def killing(function, calls=[]):
    def call(*arguments):
        calls.append(1)
        result = function(*arguments) if len(calls) < 8 or {after} else None
        if len(calls) == 8:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return call

{target} = killing({target})
round.app()
"""


@pytest.mark.parametrize(
    ("command", "target", "after", "done"),
    [
        (["push", "{}", "ada"], "Server.annotate", True, "ada: 12 new, 8 as it was\n"),
        (["pull", "{}"], "round.write_json", False, "round {}: 13 new, 7 as it was\n"),
    ],
    ids=["push", "pull"],
)
def test_a_command_that_was_killed_is_run_again(
    desk: Desk, command: list[str], target: str, after: bool, done: str
) -> None:
    docs = grow(desk.checkout, 20)
    label_all(desk, docs)
    if command[0] == "pull":
        desk.ok("push", "ada")
        for doc in docs:
            desk.file("ada", doc).unlink()
    code = KILLED.format(scripts=str(SCRIPTS), target=target, after=after)
    arguments = [word.format(desk.number) for word in command]
    killed = subprocess.run([sys.executable, "-c", code, *arguments], check=False)
    assert killed.returncode == -signal.SIGKILL

    assert desk.ok(command[0], *arguments[2:]) == done.format(desk.number)

    assert [len(task["annotations"]) for task in desk.tasks()] == [1] * 20
    wanted = {f"ada/{doc}.json": spans_of(desk.checkout.gold(doc)) for doc in docs}
    assert {name: json.loads(data).get("spans") for name, data in desk.files().items() if "/" in name} == wanted


def region(start: int, end: int, label: str, **value: Any) -> Row:
    place = {"start": start, "end": end, "labels": [label]}
    return {"id": f"r{start}", "from_name": "label", "to_name": "text", "type": "labels", "value": place | value}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (region(0, 10, "planet", text="Brightloom"), "region r0: .*planet"),
        (region(0, 99_999, "cue", text="Bright"), r"region r0: .*\[0, 99999\) 'Bright' lies outside"),
        (region(9, 11, "cue", text="m "), "region r9: .*white space"),
        (region(9, 12, "cue", text="m o"), r"region r9, cue \[9, 12\) “m o”: span-unused"),
    ],
)
def test_labels_that_break_a_rule_are_told_and_kept(desk: Desk, row: Row, said: str) -> None:
    desk.open()
    desk.label("ada", *DOCS)
    desk.ok("push", "ada")
    desk.ok("pull")
    files = desk.files()
    task = desk.task("mill")
    annotation = task["annotations"][0]
    rows = [*annotation["result"], row]
    desk.annotator("ada").change_annotation(annotation["id"], rows)

    result = desk.run("pull")

    assert result.exit_code == 1
    assert re.search(rf"^task {task['id']} \(mill\), ada, {said}", result.output, re.MULTILINE), result.output
    assert desk.files() == files
    kept = desk.checkout.label_studio / "kept" / str(desk.number) / "ada" / "mill.json"
    assert json.loads(kept.read_text("utf-8"))["result"] == rows
    assert "1 as it was, 1 kept" in result.output


def test_somebody_who_is_no_annotator_of_the_round_is_named(desk: Desk) -> None:
    assert desk.run("open", "--annotator", "ada").exit_code == 0
    task = desk.task("mill")
    desk.annotator("ben").annotate(task["id"], [])
    result = desk.run("pull")
    assert result.exit_code == 1
    assert f"task {task['id']} (mill)" in result.output
    assert "no annotator of round" in result.output
    assert list(desk.checkout.rounds.glob("*/*/*.json")) == []


def test_a_file_changed_by_hand_is_not_overwritten(desk: Desk) -> None:
    desk.open("--docs", "mill")
    desk.label("ada", "mill")
    desk.ok("push", "ada")
    desk.ok("pull")
    desk.label("ada", "mill", keep=slice(2))
    mine = desk.files()
    result = desk.run("pull")
    assert (result.exit_code, desk.files()) == (1, mine)
    assert f"{desk.number}/ada/mill.json was changed since the last pull" in result.output
    assert desk.ok("push", "ada") == "ada: 1 changed\n"
    desk.label("ada", "mill", keep=slice(3))
    assert desk.ok("pull", "--force") == f"round {desk.number}: 1 changed, 1 not submitted\n"
    assert len(spans_of(desk.file("ada", "mill"))) == 2


def test_labels_changed_on_the_server_are_not_overwritten(desk: Desk) -> None:
    desk.open("--docs", "mill")
    desk.label("ada", "mill", keep=slice(2))
    desk.ok("push", "ada")
    (annotation,) = desk.task("mill")["annotations"]
    theirs = annotation["result"][:2]
    desk.annotator("ada").change_annotation(annotation["id"], theirs)
    result = desk.run("push", "ada")
    assert (result.exit_code, "changed on the server since" in result.output) == (1, True)
    assert desk.task("mill")["annotations"][0]["result"] == theirs
    assert desk.ok("pull") == f"round {desk.number}: 1 changed, 1 not submitted\n"
    assert [span["id"] for span in spans_of(desk.file("ada", "mill"))] == ["o1"]
    desk.annotator("ada").change_annotation(annotation["id"], [])
    assert desk.ok("push", "ada", "--force") == "ada: 1 changed\n"
    assert [task["id"] for task in desk.tasks()] == [annotation["task"]]


def test_a_label_file_that_breaks_a_rule_is_not_sent(desk: Desk) -> None:
    desk.open("--docs", "mill")
    desk.label("ada", "mill")
    data = json.loads(desk.file("ada", "mill").read_text("utf-8"))
    data["spans"][0]["end"] += 1
    write(desk.file("ada", "mill"), data)
    result = desk.run("push", "ada")
    assert result.exit_code == 1
    assert "ada/mill.json:11:" in result.output
    assert "span-text-mismatch" in result.output
    assert desk.task("mill")["annotations"] == []


def test_status_tells_how_far_everybody_is(desk: Desk) -> None:
    assert desk.run("open", "--annotator", "ada", "--annotator", "cas", "--docs", "mill").exit_code == 0
    desk.label("ada", "mill", keep=slice(3))
    lines = desk.ok("status").splitlines()
    assert [re.split(" *│ *", line)[1:6] for line in lines if "mill" in line] == [
        ["ada", "mill", "none", "", ""],
        ["cas", "mill", "no account", "", ""],
    ]
    desk.ok("push", "ada")
    assert re.search("ada +│ mill +│ submitted +│ +3 │ 20", desk.ok("status"))


def test_a_task_of_another_text_and_a_task_that_stands_twice_are_told(desk: Desk) -> None:
    desk.open()
    first = desk.task("mill")
    stale = {"doc": "harbor", "text": "Another text.", "text_sha256": sha256("Another text.")}
    desk.admin.add_tasks(desk.project, [{"data": first["data"]}, {"data": stale}, {"data": {"text": "no document"}}])
    result = desk.run("open")
    assert result.exit_code == 1
    assert "(mill) is there already as task" in result.output
    assert "(harbor): its text is not the document's any more" in result.output
    assert "None is no document of this round" in result.output


def test_guidelines_that_changed_need_a_new_round(desk: Desk) -> None:
    desk.open()
    (desk.checkout.annotations / "guidelines.md").write_text("# Other rules\n")
    result = desk.run("open")
    assert result.exit_code == 2
    assert "has changed" in result.output
    desk.ok("status")
