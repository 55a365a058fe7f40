"""What other repositories run: the GitHub action and the pre-commit hooks, for real and without a network."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from chipstance import __version__

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = ROOT / "tests" / "example"
ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
STEPS = {step["id"]: step for step in ACTION["runs"]["steps"]}
SOURCES = ("pyproject.toml", "README.md", "LICENSE", "LICENSE-DATA", "CHANGELOG.md", "constraints.txt", "action.yml")
HOSTILE = '$(touch owned) `touch owned` ; touch owned & "quo\'ted" \\ * %0A ${{ x }}.json'
OFFLINE = {"PIP_NO_INDEX": "1", "PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_IGNORE_INSTALLED": "1"}


def copied(target: Path) -> Path:
    """Copy what a package of this checkout is made from."""
    for folder in ("src", "schema"):
        shutil.copytree(ROOT / folder, target / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (*SOURCES, ".pre-commit-hooks.yaml"):
        shutil.copy(ROOT / name, target / name)
    return target


class Job:
    """A GitHub job, as far as a composite action sees it."""

    def __init__(self, home: Path, checkout: Path) -> None:
        self.checkout = checkout
        self.context = {
            "steps.python.outputs.python-path": sys.executable,
            "github.action_path": str(home / "the action"),
            "runner.temp": str(home / "runner temp"),
        }
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(home), "LC_ALL": "C.UTF-8"}

    def run(self, step: str, **inputs: str) -> subprocess.CompletedProcess[str]:
        defaults = {f"inputs.{name}": each["default"] for name, each in ACTION["inputs"].items()}
        known = self.context | defaults | {f"inputs.{name}": value for name, value in inputs.items()}
        filled = {
            name: re.sub(r"\$\{\{ (.+?) \}\}", lambda found: known[found[1]], value)
            for name, value in STEPS[step]["env"].items()
        }
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEPS[step]["run"]]
        environment = self.environment | OFFLINE | filled
        return subprocess.run(
            command, cwd=self.checkout, env=environment, capture_output=True, text=True, check=False, timeout=120
        )


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A runner's home, with the package that the action's own step has installed."""
    home = tmp_path_factory.mktemp("a runner")
    source = copied(home / "the action")
    (source / "src" / "chipstance" / "_version.py").write_text('__version__ = "9.8.7"\n', "utf-8")
    result = Job(home, home).run("install")
    assert result.returncode == 0, result.stderr
    return home


@pytest.fixture
def job(installed: Path, example: Path) -> Job:
    return Job(installed, example)


def test_the_installed_package_knows_its_rules(installed: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(installed / "runner temp" / "chipstance")}
    command = [sys.executable, "-P", "-m", "chipstance", "rules", "--format", "json"]
    result = subprocess.run(command, cwd=installed, env=environment, capture_output=True, check=True)
    assert {each["id"]: each["bad"]["case"] for each in json.loads(result.stdout) if each["bad"]}["span-order"]


def break_gold(checkout: Path) -> None:
    gold = checkout / "annotations" / "gold" / "mill.json"
    gold.write_text(gold.read_text("utf-8").replace('"start": 46', '"start": 47'), "utf-8")


def test_inputs_reach_the_steps_by_their_environment_only() -> None:
    assert set(STEPS) == {"python", "install", "validate"}
    assert all("${{" not in step.get("run", "") for step in STEPS.values())
    assert all(step["shell"] == "bash" for step in STEPS.values() if "run" in step)


def test_one_run_writes_all_reports() -> None:
    assert STEPS["validate"]["run"].count('"${command[@]}"') == 1


def test_a_clean_checkout_passes(job: Job) -> None:
    result = job.run("validate")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "8 files, 0 problems\n")


def test_problems_are_annotations_and_a_sarif_file(job: Job) -> None:
    break_gold(job.checkout)
    result = job.run("validate", sarif="a report.sarif")
    assert result.returncode == 1
    assert result.stdout.startswith("::error file=annotations/gold/mill.json,line=21,col=15,title=span-text-mismatch::")
    run = json.loads((job.checkout / "a report.sarif").read_text("utf-8"))["runs"][0]
    assert run["tool"]["driver"]["version"] == "9.8.7" != __version__  # the code at the action's ref, no other
    assert [each["ruleId"] for each in run["results"]] == ["span-text-mismatch"]


@pytest.mark.parametrize(
    "paths", ["", "\n", " \r\n\t", ".", " . \r\n", "  annotations  \r\n\r\n\tannotations/*.json\r"]
)
def test_blanks_around_paths_are_no_part_of_them(job: Job, paths: str) -> None:
    break_gold(job.checkout)
    result = job.run("validate", paths=paths)
    assert (result.returncode, result.stdout.count("::error")) == (1, 1), result.stderr


def test_inputs_are_never_evaluated(job: Job) -> None:
    (job.checkout / HOSTILE).write_text("{", "utf-8")
    (job.checkout / "two words").mkdir()
    shutil.copytree(ROOT / "schema", job.checkout / HOSTILE.replace(".json", ""))
    result = job.run(
        "validate",
        paths=f"\n{HOSTILE}\nannotations\n",
        schema=HOSTILE.replace(".json", ""),
        sarif="two words/$(touch owned);.sarif",
    )
    assert result.returncode == 1
    assert "title=json-syntax::" in result.stdout
    assert json.loads((job.checkout / "two words" / "$(touch owned);.sarif").read_text("utf-8"))["runs"][0]["results"]
    assert not list(job.checkout.rglob("owned"))


@pytest.mark.parametrize("inputs", [{"format": "$(touch owned)"}, {"paths": "--help"}, {"schema": "; touch owned"}])
def test_wrong_inputs_are_wrong_usage(job: Job, inputs: dict[str, str]) -> None:
    assert job.run("validate", **inputs, sarif="x.sarif").returncode == 2
    assert not list(job.checkout.rglob("owned"))
    assert not (job.checkout / "x.sarif").exists()


def test_code_of_the_checked_repository_is_not_run(job: Job) -> None:
    for name in ("json.py", "typer.py", "chipstance.py", "sitecustomize.py"):
        (job.checkout / name).write_text("raise SystemExit(99)\n", "utf-8")
    assert job.run("validate").returncode == 0


def test_predictions_against_a_release(job: Job) -> None:
    line = {"doc": "deepseek", "spans": []}
    (job.checkout / "p.jsonl").write_text(json.dumps(line) + "\n", "utf-8")
    result = job.run("validate", paths="p.jsonl", gold="annotations/gold")
    assert result.returncode == 1
    assert "title=doc-unknown::" in result.stdout


# --- hooks ---


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=folder, env=quiet_git(), check=True, capture_output=True)


def quiet_git() -> dict[str, str]:
    who = {f"GIT_{role}_{part}": "x" for role in ("AUTHOR", "COMMITTER") for part in ("NAME", "EMAIL")}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    nothing = str(Path(__file__).with_name("no such.gitconfig"))  # what git may write to: no device of the machine
    return kept | who | {"GIT_CONFIG_GLOBAL": nothing, "GIT_CONFIG_NOSYSTEM": "1"}


def repository(folder: Path) -> Path:
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "x")
    return folder


def others(folder: Path) -> Path:
    """Make a folder with all installed packages but ours, which stand in for what a registry would give."""
    folder.mkdir()
    for path in Path(sysconfig.get_path("purelib")).iterdir():
        if not path.name.lower().startswith(("chipstance", "_chipstance", "pip", "setuptools", "__pycache__")):
            (folder / path.name).symlink_to(path)
    return folder


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The hooks' repository, and the environment in which pre-commit installs from it."""
    home = tmp_path_factory.mktemp("pre commit")
    source = repository(copied(home / "the hooks"))
    packages = others(home / "packages")
    more = {"PRE_COMMIT_HOME": str(home / "store"), "PYTHONPATH": str(packages), "PRE_COMMIT_COLOR": "never"}
    more |= {
        "HOME": str(home),
        "VIRTUALENV_OVERRIDE_APP_DATA": str(home / "data"),
        "VIRTUALENV_NO_PERIODIC_UPDATE": "1",
    }
    return {"source": source, "environment": quiet_git() | OFFLINE | more}


def try_hook(
    hooks: dict[str, Any], checkout: Path, hook: str, run: Sequence[str] = ("--all-files",), **more: Any
) -> subprocess.CompletedProcess[str]:
    """Run a hook over a repository as its users do, installed into an environment of pre-commit's own."""
    if not (checkout / ".git").exists():
        repository(checkout)
    text = {"repos": [{"repo": str(hooks["source"]), "rev": "HEAD", "hooks": [{"id": hook, **more}]}]}
    (checkout / ".pre-commit-config.yaml").write_text(json.dumps(text), "utf-8")
    git(checkout, "add", "-A")
    command = [sys.executable, "-m", "pre_commit", "run", *run, "--verbose"]
    return subprocess.run(
        command, cwd=checkout, env=hooks["environment"], capture_output=True, text=True, check=False, timeout=120
    )


@pytest.mark.parametrize("hook", ["chipstance-validate", "chipstance-validate-checkout"])
def test_hooks_in_another_repository(hooks: dict[str, Any], example: Path, hook: str) -> None:
    (example / "annotations" / "guidelines.md").write_text("Prose.\n", "utf-8")
    (example / "package.json").write_text("{}\n", "utf-8")
    clean = try_hook(hooks, example, hook)
    assert clean.returncode == 0, clean.stdout + clean.stderr
    assert "8 files, 0 problems" in clean.stdout
    break_gold(example)
    broken = try_hook(hooks, example, hook)
    assert broken.returncode == 1
    assert "annotations/gold/mill.json:21:15 span-text-mismatch" in broken.stdout


def test_a_file_that_is_gone_fails_the_hook_of_the_whole(hooks: dict[str, Any], example: Path) -> None:
    """A commit that only deletes has no file that pre-commit would give a hook."""
    assert try_hook(hooks, example, "chipstance-validate-checkout").returncode == 0
    git(example, "add", "-A")
    git(example, "commit", "-q", "-m", "x")
    git(example, "rm", "-q", "annotations/edits/harbor.json")
    result = try_hook(hooks, example, "chipstance-validate-checkout", run=())
    assert result.returncode == 1
    assert "article-files the edits file of harbor is missing" in result.stdout


def test_a_corpus_in_a_folder_is_checked_by_the_hooks(hooks: dict[str, Any], example: Path, tmp_path: Path) -> None:
    whole = tmp_path / "mono"
    shutil.copytree(example, whole / "corpus")
    break_gold(whole / "corpus")
    hooked: dict[str, dict[str, Any]] = {
        "chipstance-validate": {"files": "^corpus/(annotations|schema)/"},
        "chipstance-validate-checkout": {"args": ["corpus"]},
    }
    for hook, more in hooked.items():
        result = try_hook(hooks, whole, hook, **more)
        assert result.returncode == 1
        assert "corpus/annotations/gold/mill.json:21:15 span-text-mismatch" in result.stdout
