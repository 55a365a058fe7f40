"""Problems as JUnit XML, which most CI services show as a table of tests: a suite for each file."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.etree import ElementTree as ET

from chipstance.model import Problem
from chipstance.report import escape, place


def junit_text(problems: Sequence[Problem], paths: Iterable[str]) -> str:
    """Return a report in ASCII: a failing case for each problem, and a passing one for a file without any.

    Args:
        problems: as they were found.
        paths: the files that were looked at.
    """
    by_path: dict[str, list[Problem]] = {path: [] for path in paths}
    for problem in problems:
        by_path.setdefault(problem.path, []).append(problem)
    cases = sum(max(1, len(found)) for found in by_path.values())
    root = ET.Element("testsuites", {"name": "chipstance"} | _counts(cases, len(problems)))
    root.extend(_suite(path, by_path[path]) for path in sorted(by_path))
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="us-ascii", xml_declaration=True)
    return text.decode("ascii") + "\n"


def _counts(cases: int, failures: int) -> dict[str, str]:
    return {"tests": str(cases), "failures": str(failures), "errors": "0", "skipped": "0", "time": "0"}


def _suite(path: str, problems: Sequence[Problem]) -> ET.Element:
    """Return the suite of one file; nothing in it is a character that XML 1.0 has no place for."""
    name = escape(path)
    suite = ET.Element("testsuite", {"name": name} | _counts(max(1, len(problems)), len(problems)))
    if not problems:
        ET.SubElement(suite, "testcase", classname=name, name="no problem", time="0")
    for problem in problems:
        title = f"{problem.rule} {problem.line}:{problem.column}"
        case = ET.SubElement(suite, "testcase", classname=name, name=title, time="0")
        message = escape(problem.message)
        failure = ET.SubElement(case, "failure", type=problem.rule, message=message)
        failure.text = f"{place(problem)} {problem.rule} {message}"
    return suite
