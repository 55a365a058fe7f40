"""A validation's report in each of the formats, as text; whoever calls prints or writes it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from chipstance.folders import repository
from chipstance.junit import junit_text
from chipstance.report import github_lines, json_text, seen_from, text_lines
from chipstance.sarif import sarif_text

if TYPE_CHECKING:
    from chipstance.validate import Result


def report_text(result: Result, form: str, here: Path, workspace: Path | None = None) -> str:
    """Return a report, with places as whoever reads it looks for them.

    People, and programs that are run here too, read paths relative to the working folder; GitHub reads them relative to
    the job's workspace, and SARIF relative to the top folder of the repository.

    Args:
        result: what was found.
        form: ``text``, ``json``, ``github``, ``junit`` or ``sarif``.
        here: the working folder, which relative paths are relative to.
        workspace: the folder of a GitHub job, in which the working folder may lie; None where there is no job.
    """
    match form:
        case "json":
            return json_text(result.problems, result.files)
        case "github":
            root = workspace if workspace and here.is_relative_to(workspace) else here
            return github_lines([replace(each, path=seen_from(each.path, here, root)) for each in result.problems])
        case "junit":
            return junit_text(result.problems, result.paths)
        case "sarif":
            return sarif_text(result.problems, here, repository(here))
    return text_lines(result.problems)
