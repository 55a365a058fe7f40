"""Problems as SARIF 2.1.0, the format that code scanning services and editors read."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from chipstance._version import __version__
from chipstance.model import Problem
from chipstance.report import escape, seen_from, visible_json
from chipstance.rules import RULES

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
ROOT = "%SRCROOT%"
"""What SARIF's readers take for the root of the sources."""
MOST_RESULTS = 25_000
"""GitHub reads no more results of a run."""

Json = Any


def sarif_text(problems: Sequence[Problem], folder: Path, root: Path) -> str:
    """Return a SARIF log with one run; of more problems than are read, the last result says how many are left out.

    Args:
        problems: as they were found.
        folder: what relative paths are relative to.
        root: the folder that places are told from; a file outside it is named by its full address.
    """
    problems = _listed(problems)
    broken = {rule_id: place for place, rule_id in enumerate(sorted({problem.rule for problem in problems}))}
    seen: Counter[str] = Counter()
    results = []
    for problem in problems:
        location = _location(problem.path, folder, root)
        mark = _fingerprint(problem, location["uri"])
        seen[mark] += 1
        results.append(_result(problem, location, broken[problem.rule], f"{mark}:{seen[mark]}"))
    driver = {"name": "ChipStance", "version": __version__, "rules": [_rule(rule_id) for rule_id in broken]}
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return visible_json({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _listed(problems: Sequence[Problem]) -> Sequence[Problem]:
    if len(problems) <= MOST_RESULTS:
        return problems
    *listed, last = problems[:MOST_RESULTS]
    message = f"{len(problems) - len(listed)} problems more are left out of this report: mend those above first"
    return [*listed, Problem("problems-many", last.path, "", message, last.line, last.column)]


def _rule(rule_id: str) -> Json:
    reason = RULES.get(rule_id, rule_id)
    help_text = f"{reason} For a bad and a good example call: chipstance rules {rule_id}"
    return {
        "id": rule_id,
        "shortDescription": _message(reason),
        "fullDescription": _message(reason),
        "help": {"text": help_text},
        "defaultConfiguration": {"level": "error"},
    }


def _result(problem: Problem, location: Json, rule: int, fingerprint: str) -> Json:
    region = {"startLine": problem.line, "startColumn": problem.column}
    return {
        "ruleId": problem.rule,
        "ruleIndex": rule,
        "level": "error",
        "message": _message(problem.message),
        "locations": [{"physicalLocation": {"artifactLocation": location, "region": region}}],
        "partialFingerprints": {"chipstanceProblem/v1": fingerprint},
    }


def _message(text: str) -> Json:
    """Return a message that is read as it stands: SARIF takes braces for placeholders, and brackets for links."""
    return {"text": escape(text).replace("{", "{{").replace("}", "}}").replace("](", "] (")}


def _location(path: str, folder: Path, root: Path) -> dict[str, str]:
    if "://" in path:
        return {"uri": quote(os.fsencode(path), safe=":/")}
    place = Path(seen_from(path, folder, root))
    if place.is_absolute():
        return {"uri": place.as_uri()}
    return {"uri": quote(os.fsencode(place.as_posix())), "uriBaseId": ROOT}


def _fingerprint(problem: Problem, uri: str) -> str:
    """Return what stays the same when lines above the problem come or go."""
    parts = (problem.rule, uri, problem.message)
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
