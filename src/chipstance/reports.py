"""A validation's report in each of the formats, as text; whoever calls prints or writes it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from chipstance.folders import find_checkout
from chipstance.junit import junit_text
from chipstance.report import github_lines, json_text, text_lines
from chipstance.sarif import sarif_text

if TYPE_CHECKING:
    from chipstance.validate import Result


def report_text(result: Result, form: str, here: Path) -> str:
    """Return a report.

    Args:
        result: what was found.
        form: ``text``, ``json``, ``github``, ``junit`` or ``sarif``.
        here: the working folder, which relative paths are relative to.
    """
    match form:
        case "json":
            return json_text(result.problems, result.files)
        case "github":
            return github_lines(result.problems)
        case "junit":
            return junit_text(result.problems, result.paths)
        case "sarif":
            checkout = find_checkout(here)
            return sarif_text(result.problems, here, checkout.root if checkout else here)
    return text_lines(result.problems)
