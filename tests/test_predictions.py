"""Predictions as they come: offsets, quotations and answers, with a release alone, from the file to the score."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from chipstance.cli import app
from chipstance.labeling import to_results
from chipstance.layers import Layers, parse_layers
from chipstance.loading import load_documents
from chipstance.model import Document, Span
from chipstance.predictions import read_line, write_answers, write_predictions
from chipstance.schemas import load_schemas
from chipstance.score_input import read_gold, read_system
from chipstance.scoring import score
from example_release import write_example

RUNNER = CliRunner()
SCHEMA = Path(__file__).parents[1] / "schema"
LAYERS: Layers = parse_layers(json.loads((SCHEMA / "layers.json").read_text("utf-8")))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release of the example, alone, in a folder with a space."""
    folder = tmp_path_factory.mktemp("predictions") / "a release"
    shutil.copytree(write_example(folder.parent / "checkout").dataset, folder)
    shutil.rmtree(folder.parent / "checkout")
    return folder


@pytest.fixture
def release(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, where the working folder and the code lie in no checkout."""
    shutil.copytree(SCHEMA, tmp_path / "package" / "schema")
    for module in ("folders", "validate", "score_input", "agreement_input"):
        monkeypatch.setattr(f"chipstance.{module}.schema_folder", lambda: tmp_path / "package" / "schema")
    monkeypatch.setattr("chipstance.folders.PACKAGE", tmp_path / "package")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return built


def run(*arguments: object) -> Result:
    return RUNNER.invoke(app, [str(argument) for argument in arguments])


def scored(release: Path, *arguments: object, status: int = 0) -> dict[str, Any]:
    result = run("score", "--gold", release, "--split", "all", "--format", "json", *arguments)
    assert result.exit_code == status, result.output
    data: dict[str, Any] = json.loads(result.stdout)
    data["f1"] = {
        (f["layer"], f["match"]): f["value"] for f in data["figures"] if (f["part"], f["measure"]) == ("spans", "f1")
    }
    return data


def write(lines: list[dict[str, Any]]) -> Path:
    path = Path("p.jsonl")
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    return path


def quoted(document: Document) -> list[dict[str, Any]]:
    """Return the gold as a model would quote it: the occurrence where a text stands several times."""
    items = []
    for span in document:
        places = [at for at in range(len(document.text)) if document.text.startswith(span.text, at)]
        item = {"id": span.id, "layer": span.layer, "text": span.text, "attributes": dict(span.attributes)}
        items.append(item | ({"start": span.start} if len(places) > 1 else {}))
    return items


def as_lines(documents: tuple[Document, ...]) -> list[dict[str, Any]]:
    return [{"doc": each.id, "spans": quoted(each)} for each in documents]


def as_answers(documents: tuple[Document, ...]) -> list[dict[str, Any]]:
    return [
        {"doc": each.id, "answer": f"Sure!\n```json\n{json.dumps({'spans': quoted(each)})}\n```\nDone."}
        for each in documents
    ]


def as_answers_by_layer(documents: tuple[Document, ...]) -> list[dict[str, Any]]:
    return [
        {
            "doc": each.id,
            "answer": [json.dumps([item for item in quoted(each) if item["layer"] == layer.name]) for layer in LAYERS],
        }
        for each in documents
    ]


@pytest.mark.parametrize("form", [as_lines, as_answers, as_answers_by_layer])
def test_gold_quoted_back_is_right_with_a_release_alone(
    release: Path, form: Callable[[tuple[Document, ...]], list[dict[str, Any]]]
) -> None:
    documents = load_documents(release)
    path = write(form(documents))
    assert run("validate", path, "--gold", release).exit_code == 0
    assert "text-unknown" in run("validate", path).stdout
    found = scored(release, path)
    assert {figure["value"] for figure in found["figures"]} <= {1, None}
    spans = sum(len(each.spans) for each in documents)
    assert (found["alignment"]["given"], found["alignment"]["exact"], found["alignment"]["none"]) == (0, spans, 0)
    assert found["unanswered"] == found["problems"] == []


def test_without_a_checkout_a_release_has_to_be_named(release: Path) -> None:
    result = run("score", write(as_lines(load_documents(release))))
    assert (result.exit_code, "name one with --gold" in " ".join(result.output.split())) == (2, True)


def test_offsets_written_from_python_are_read_back(release: Path) -> None:
    documents = load_documents(release)
    write_predictions("p.jsonl", documents, system="gold")
    assert json.loads(Path("p.jsonl").read_text("utf-8").splitlines()[0])["system"] == "gold"
    found = scored(release, "p.jsonl")
    assert found["f1"]["all", "strict"] == 1
    assert found["alignment"]["given"] == sum(len(each.spans) for each in documents)
    gold = read_gold(release, "all")
    assert read_system(Path("p.jsonl"), gold).documents[documents[0].id].spans == tuple(
        Span(s.id, s.layer, s.start, s.end, s.text, s.attributes) for s in documents[0]
    )


def test_what_does_not_fit_its_text_is_not_written(tmp_path: Path) -> None:
    spans = (Span("s1", "cue", 4, 4, ""), Span("s1", "cue", 0, 4, "wove"))
    for span in spans:
        with pytest.raises(ValueError, match=r"mill: .* is not what the text has at"):
            write_predictions(tmp_path / "p.jsonl", [Document("mill", "said", (span,))])
    with pytest.raises(ValueError, match="mill comes twice"):
        write_predictions(tmp_path / "p.jsonl", [Document("mill", "said"), Document("mill", "said")])
    assert not list(tmp_path.iterdir())


@pytest.mark.skipif(sys.platform != "linux", reason="pipes and devices are Linux's")
def test_no_predictions_take_the_place_of_a_device(tmp_path: Path) -> None:
    pipe, full = tmp_path / "pipe", Path("/dev/full")
    os.mkfifo(pipe)
    for path in (pipe, full):
        with pytest.raises(OSError, match="regular"):
            write_answers(path, {"mill": "It hums."})
    assert pipe.is_fifo()
    assert full.is_char_device()
    assert list(tmp_path.iterdir()) == [pipe]


def test_what_can_not_be_aligned_counts_against_precision(release: Path) -> None:
    documents = load_documents(release)
    lines = as_answers(documents)
    first = {"spans": [*quoted(documents[0]), {"layer": "cue", "text": "never written anywhere"}]}
    lines[0]["answer"] = json.dumps(first)
    found = scored(release, write(lines))
    measured = {(f["layer"], f["match"], f["measure"]): f["value"] for f in found["figures"] if f["part"] == "spans"}
    assert measured["cue", "exact", "recall"] == measured["cue", "overlap", "recall"] == 1
    assert measured["cue", "exact", "precision"] < 1
    assert measured["organization", "exact", "precision"] == 1
    (listed,) = found["alignment"]["not_exact"]
    size = len(documents[0].text)
    assert listed == {
        "line": 1,
        "doc": documents[0].id,
        "pointer": f"/spans/{len(documents[0].spans)}",
        "layer": "cue",
        "text": "never written anywhere",
        "kind": "none",
        "score": 0,
        "start": size,
        "end": size,
    }
    text = run("score", "p.jsonl", "--gold", release, "--split", "all", "--errors").stdout
    assert "1 none (repeated and none are counted as wrong predictions)" in text
    assert "answers: 2 read; mended: 1 fence, 1 text-around; left out: nothing" in text
    assert "  line 1 mill: cue none 0.000" in text or "  line 1 harbor: cue none 0.000" in text


@pytest.mark.parametrize("as_answer", [True, False])
def test_each_repetition_too_many_counts_as_a_wrong_prediction(release: Path, as_answer: bool) -> None:
    document = load_documents(release)[0]
    cue = document.layer("cue")[0]
    places = document.text.count(cue.text)
    items = [{"layer": "cue", "text": cue.text}] * (places + 2) + [{"layer": "cue", "text": f"“{cue.text}”"}]
    line = {"doc": document.id, "answer": json.dumps(items)} if as_answer else {"doc": document.id, "spans": items}
    path = write([line])
    assert run("validate", path, "--gold", release).exit_code == 0
    reading = read_line(line, document.text, LAYERS)
    assert sum(span.start == span.end for span in reading.spans) == 3
    assert [each.found.kind for each in reading.aligned].count("repeated") == 3
    counts = score([document], {document.id: Document(document.id, document.text, reading.spans)}, LAYERS)
    assert counts.total(("predicted", "cue")) == places + 3
    assert counts.total(("exact", "cue")) <= places


def test_a_passage_may_take_a_stance_on_each_target_but_not_two_on_one(release: Path) -> None:
    document = load_documents(release)[0]
    word = document.text.split()[0]
    items = [
        {"layer": "stance", "text": word, "attributes": {"target": target, "polarity": "favor"}}
        for target in ("open_source", "export_controls", "open_source")
    ]
    if document.text.count(word) == 1:
        kinds = [each.found.kind for each in read_line({"spans": items}, document.text, LAYERS).aligned]
        assert kinds == ["exact", "exact", "repeated"]


@pytest.mark.parametrize("as_answer", [True, False])
def test_a_speaker_stands_next_to_its_statement(as_answer: bool) -> None:
    text = "She nodded. She wept. “No,” she said. “Why?” he said. “She knows,” she said."
    items = [
        {"id": f"p{number}", "layer": "speaker", "text": "she"}
        for number in (1, 2)
    ] + [
        {"id": "q1", "layer": "statement", "text": "“She knows,”", "attributes": {"speaker": "p1"}},
        {"id": "q2", "layer": "statement", "text": "“No,”", "attributes": {"speaker": "p2"}},
    ]  # fmt: skip
    line = {"answer": json.dumps(items)} if as_answer else {"spans": items}
    spans = read_line(line, text, LAYERS).spans
    assert [span.start for span in spans[:2]] == [text.rindex("she"), text.index("she said")]


def test_a_quotation_keeps_off_the_places_that_are_given() -> None:
    text = "She nodded; she said she would."
    given = {"layer": "speaker", "start": 12, "end": 15}
    quoted = [{"layer": "speaker", "text": "she"}] * 3
    spans = read_line({"spans": [*quoted, given]}, text, LAYERS).spans
    assert [(span.start, span.end) for span in spans] == [(21, 24), (0, 3), (31, 31), (12, 15)]


def test_the_order_of_items_changes_nothing_where_quotations_are_unambiguous(release: Path) -> None:
    for document in load_documents(release):
        items = [*quoted(document), {"layer": "cue", "text": "nowhere at all"}]
        predicted = []
        for seed in range(4):
            shuffled = random.Random(seed).sample(items, len(items))
            reading = read_line({"answer": json.dumps(shuffled)}, document.text, LAYERS)
            predicted.append(Document(document.id, document.text, reading.spans))
        first, *others = (score([document], {document.id: each}, LAYERS).counts.tolist() for each in predicted)
        assert all(other == first for other in others)


def test_faults_of_an_answer_are_reported_and_only_what_is_quoted_counts(release: Path) -> None:
    document = load_documents(release)[0]
    items = [
        {"layer": "colour", "text": "red"},
        {"layer": "money", "text": "nothing like it", "qualifier": "lots"},
        {"layer": "statement", "text": document.layer("statement")[0].text, "speaker": "Nobody Atall"},
    ]
    write_answers("p.jsonl", {document.id: json.dumps(items)}, system="a model")
    found = scored(release, "p.jsonl", status=1)  # the other document is unanswered
    assert found["problems"] == []
    left_out = {(each["kind"], each["pointer"]) for each in found["answers"]["remarks"] if each["left_out"]}
    assert left_out == {("layer", "/0"), ("value", "/1"), ("reference", "/2")}
    assert (found["alignment"]["exact"], found["alignment"]["none"]) == (1, 1)


BROKEN = [
    ("no JSON", "json-syntax"),
    ('{"doc": "mill", "answer": "I found none."}', "answer-unreadable"),
    ('{"doc": "mill", "answer": ["None.", "Nor here."]}', "answer-unreadable"),
    ('{"doc": "mill", "answer": []}', "schema"),
    ('{"doc": "mill"}', "schema"),
    ('{"doc": "mill", "spans": [], "answer": "[]"}', "schema"),
    ('{"doc": "mill", "spans": [{"layer": "cue", "start": 3}]}', "schema"),
    ('{"doc": "mill", "spans": [{"layer": "cue", "end": 3, "text": "Get"}]}', "schema"),
    ('{"doc": "mill", "spans": [{"layer": "cue", "start": 0, "end": 3, "occurrence": 1}]}', "schema"),
    ('{"doc": "mill", "spans": [{"layer": "cue", "text": "said", "occurrence": 0}]}', "schema"),
    ('{"doc": "mill", "spans": [{"layer": "cue", "start": 9, "end": 99999}]}', "span-outside"),
    ('{"doc": "mill", "spans": [{"layer": "cue", "start": 0, "end": 4, "text": "said"}]}', "span-text-mismatch"),
]


@pytest.mark.parametrize(("line", "rule"), BROKEN)
def test_a_line_that_can_not_be_read_is_a_problem_and_its_document_unanswered(
    release: Path, line: str, rule: str
) -> None:
    harbor = next(each for each in as_lines(load_documents(release)) if each["doc"] == "harbor")
    Path("p.jsonl").write_text(json.dumps(harbor) + "\n" + line + "\n", "utf-8")
    result = run("score", "p.jsonl", "--gold", release, "--split", "all")
    assert result.exit_code == 1
    assert f"p.jsonl:2:{1 if rule == 'json-syntax' else ''}" in result.stderr
    assert {problem.split()[1] for problem in result.stderr.splitlines() if problem.startswith("p.jsonl:")} == {rule}
    assert "UNANSWERED: 1 of 2 documents, scored as all missed: mill" in result.stderr
    strict = run("score", "p.jsonl", "--gold", release, "--split", "all", "--strict")
    assert (strict.exit_code, strict.stdout) == (1, "")


def test_of_several_answers_those_that_can_be_read_are_scored(release: Path) -> None:
    lines = as_lines(load_documents(release))
    lines[0] = {"doc": lines[0]["doc"], "answer": ["None here.", json.dumps({"spans": lines[0]["spans"]})]}
    found = scored(release, write(lines), status=1)
    assert found["unanswered"] == []
    assert [(each["rule"], each["pointer"]) for each in found["problems"]] == [("answer-unreadable", "/answer/0")]
    assert found["f1"]["all", "strict"] == 1


def test_one_annotators_labels_are_scored_from_an_export_a_round_and_a_file(release: Path) -> None:
    documents = load_documents(release)
    tasks = [
        {
            "id": number,
            "data": {"doc": each.id, "text": each.text},
            "annotations": [
                {
                    "id": 2 * number,
                    "completed_by": {"id": 1, "email": "ada@x.example"},
                    "result": to_results(each.spans, LAYERS),
                },
                {"id": 2 * number + 1, "completed_by": {"id": 2, "email": "ben@x.example"}, "result": []},
            ],
        }
        for number, each in enumerate(documents)
    ]
    Path("export.json").write_text(json.dumps(tasks), "utf-8")
    several = run("score", "export.json", "--gold", release, "--split", "all")
    assert several.exit_code == 2
    assert "--annotator" in several.output
    assert scored(release, "export.json", "--annotator", "ada")["f1"]["all", "strict"] == 1
    assert scored(release, "export.json", "--annotator", "ben")["f1"]["all", "strict"] == 0
    compared = run("compare", "export.json", "export.json", "--gold", release, "--annotator", "ada")
    assert compared.exit_code == 0, compared.output
    nobody = run("score", "export.json", "--gold", release, "--annotator", "cy")
    assert (nobody.exit_code, "no annotator is called cy" in " ".join(nobody.output.split())) == (2, True)


def test_label_files_are_scored_against_a_release_alone(release: Path) -> None:
    from chipstance.corpus import document_entry

    for each in load_documents(release):
        folder = Path("ada")
        folder.mkdir(exist_ok=True)
        entry = document_entry(Document(each.id, each.text, each.spans, "ada"))
        (folder / f"{each.id}.json").write_text(json.dumps(entry), "utf-8")
    assert scored(release, "ada")["f1"]["all", "strict"] == 1
    one = scored(release, "ada/mill.json", status=1)
    assert one["unanswered"] == ["harbor"]


def test_a_release_of_other_layers_is_refused(release: Path, tmp_path: Path) -> None:
    layers = tmp_path / "package" / "schema" / "layers.json"
    data = json.loads(layers.read_text("utf-8"))
    data["layers"]["cue"]["attributes"]["mood"] = {"type": "boolean", "description": "Whether it is subjunctive."}
    layers.write_text(json.dumps(data), "utf-8")
    result = run("score", write(as_lines(load_documents(release))), "--gold", release)
    assert result.exit_code == 2
    assert "has other layers than layers.json says (cue)" in " ".join(result.output.replace("│", " ").split())


DOCS = (SCHEMA.parent / "docs" / "predictions.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("code", "printed"), re.findall(r"^```python\n(.*?)^```\n+^```text\n(.*?)^```", DOCS, re.DOTALL | re.MULTILINE)
)
def test_an_example_of_the_docs_prints_what_stands_below_it(code: str, printed: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", code]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False)
    assert (result.stdout, result.stderr) == (printed, "")


def test_the_lines_of_the_docs_keep_to_the_schema() -> None:
    lines = [
        json.loads(line)
        for block in re.findall(r"^```json\n(.*?)^```", DOCS, re.DOTALL | re.MULTILINE)
        for line in block.splitlines()
    ]
    assert len(lines) == 4
    schemas = load_schemas(SCHEMA)
    assert [list(schemas.faults("predictions", line)) for line in lines] == [[]] * 4
