"""README's example for a ``transformers`` pipeline is run as it stands, with a pipeline of the same output shape."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from chipstance import load
from chipstance.cli import app

ROOT = Path(__file__).resolve().parents[1]
EXAMPLE = re.compile(r"^```python\n((?:(?!```).*\n)*?from transformers import (?:(?!```).*\n)*)```$", re.MULTILINE)

STAND_IN = '''
import re


def pipeline(task, model=None, *, aggregation_strategy, stride):
    """Return a tagger of capitalized words, organizations and persons in turn, whose rows are those of the real one."""
    assert (task, aggregation_strategy) == ("token-classification", "simple")

    def tag(text):
        words = re.finditer(r"\\b[A-Z]\\w+", text)
        return [
            {
                "entity_group": "PER" if number % 5 == 0 else "ORG",
                "score": 0.98,
                "word": word.group().lower(),
                "start": word.start(),
                "end": word.end(),
            }
            for number, word in enumerate(words)
        ]

    return tag
'''


def test_the_pipeline_example_writes_predictions_that_score(tmp_path: Path) -> None:
    code = EXAMPLE.search((ROOT / "README.md").read_text("utf-8"))
    assert code
    assert len([line for line in code[1].splitlines() if line]) == 10
    (tmp_path / "transformers.py").write_text(STAND_IN, "utf-8")
    (tmp_path / "dataset").symlink_to(ROOT / "dataset")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code[1]],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    written = tmp_path / "predictions.jsonl"
    lines = [json.loads(line) for line in written.read_text("utf-8").splitlines()]
    assert [line["doc"] for line in lines] == [each.id for each in load(ROOT / "dataset", "test")]
    assert {span["layer"] for line in lines for span in line["spans"]} == {"organization"}
    scored = CliRunner().invoke(app, ["score", str(written), "--gold", str(ROOT / "dataset"), "--format", "json"])
    assert scored.exit_code == 0, scored.output
    figures = {(each["layer"], each["match"], each["measure"]): each for each in json.loads(scored.stdout)["figures"]}
    assert figures["organization", "exact", "recall"]["value"] > 0.5
    assert 0 < figures["organization", "exact", "precision"]["value"] < 1
