"""Make the rules' examples from their case files: the file that the package ships, and docs/rules.md."""

from __future__ import annotations

import re
import shutil
import tempfile
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import chdir
from dataclasses import asdict, replace
from difflib import unified_diff
from itertools import product, zip_longest
from pathlib import Path
from typing import Annotated

import typer

from case_files import case_below, case_files, put_up
from chipstance.folders import PACKAGE, Checkout, find_checkout, rule_examples
from chipstance.jsonfile import dump_json, is_file, write_bytes
from chipstance.model import Problem
from chipstance.report import escape
from chipstance.rule_pages import Example, entries, markdown
from chipstance.rules import RULES
from chipstance.validate import validate

app = typer.Typer(add_completion=False)

WIDTH, MARGIN, MOST = 160, 60, 18
"""How long a shown line is, how much of it stands before the fault, and how many lines an entry may have."""
PATCHES = (".patch", ".link", ".deleted")
BINARY = (".gz", ".zst", ".parquet")


@app.command()
def main(
    check: Annotated[bool, typer.Option("--check", help="Write nothing: compare with what is there.")] = False,
) -> None:
    """Make the examples and the page of the rules.

    Exit status: 0 all is well, 1 a file is not current, 2 wrong usage.
    """
    checkout = find_checkout(PACKAGE)
    if checkout is None:
        raise typer.BadParameter("this code stands in no checkout, so there are no case files")
    found = {rule: examples(rule, checkout) for rule in sorted(RULES)}
    data = {rule: {sort: asdict(each) for sort, each in pair.items()} for rule, pair in found.items() if pair}
    made = {rule_examples(): dump_json(data), checkout.rules_page: markdown(entries(data))}
    old = [path for path, text in made.items() if not is_file(path) or path.read_bytes() != text.encode()]
    for path in old:
        if check:
            typer.echo(f"{path.relative_to(checkout.root)} is not current: run scripts/rules.py", err=True)
        else:
            write_bytes(path, made[path].encode())
    typer.echo(f"{len(RULES)} rules, {len(data)} with examples")
    raise typer.Exit(1 if check and old else 0)


def examples(rule: str, checkout: Checkout) -> dict[str, Example]:
    """Return a bad and a good example of a rule; none where it has no case files."""
    folder = checkout.cases / rule
    bad, good = (sorted(folder.glob(f"{sort}-*")) for sort in ("bad", "good"))
    if not bad or not good:
        return {}
    chosen = next((pair for pair in product(bad, good) if names(pair[0]) & names(pair[1])), (bad[0], good[0]))
    with tempfile.TemporaryDirectory() as temporary:
        roots = [Path(temporary).resolve() / case.name / "checkout" for case in chosen]
        targets = [put_up(case, copied(checkout.example, root)) for case, root in zip(chosen, roots, strict=True)]
        problem = first_problem(rule, chosen[0], targets[0])
        wrong = Path(problem.path)
        wrong = wrong.relative_to(roots[0]) if wrong.is_relative_to(roots[0]) else Path(wrong.name)
        first = bad_example(chosen[0], roots[0], checkout.example, wrong, problem)
        return {"bad": first, "good": good_example(chosen[1], roots, checkout.example, wrong, problem.line)}


def first_problem(rule: str, case: Path, target: Path) -> Problem:
    """Return the first problem of a bad case."""
    with chdir(target.anchor):  # no checkout is around it, whose texts would be known
        found = next((problem for problem in validate([target]) if problem.rule == rule), None)
        if found is None:
            raise typer.BadParameter(f"{case} does not break the rule {rule}: mend the case")
        return replace(found, path=str(Path(found.path).absolute()))


def copied(example: Path, root: Path) -> Path:
    """Return a copy of the invented checkout."""
    return Path(shutil.copytree(example, root))


def names(case: Path) -> frozenset[str]:
    """Return which files of the checkout a case changes, by itself or, where it does nothing, by what is below."""
    if not case.is_dir():
        return frozenset(["alone" + "".join(case.suffixes)])
    files = [path.relative_to(case) for path in case_files(case)]
    if not files and (below := case_below(case)):
        return names(below)
    return frozenset(str(path.with_suffix("") if path.suffix in PATCHES else path) for path in files)


def bad_example(case: Path, root: Path, example: Path, wrong: Path, problem: Problem) -> Example:
    """Return the part of a file that breaks the rule, what makes it bad if that is elsewhere, and what is said."""
    path, own = placed(root, wrong), example / wrong
    line = 1 if path.suffix in BINARY else problem.line
    text = excerpt(read(path), line, problem.column) if is_file(path) else listing(case)
    if is_file(path) and is_file(own) and bare(text) in bare(read(own)):
        text = "\n\n".join([text, *changes(case, root, example)])
    said = f"{wrong.as_posix()}:{problem.line}:{problem.column} {problem.rule} {problem.message}"
    return Example(case.name, escape(wrong.as_posix()), text, escape(said))


def bare(text: str) -> str:
    """Return a text without the space at the beginnings of its lines."""
    return "\n".join(map(str.strip, text.split("\n")))


def changes(case: Path, root: Path, example: Path) -> Iterator[str]:
    """Yield how the files that a case changes differ from the invented checkout's."""
    for name in sorted(names(case)):
        before, after = (path if is_file(path) else None for path in (example / name, root / name))
        if before and after and Path(name).suffix not in BINARY:
            lines = unified_diff(read(before).split("\n"), read(after).split("\n"), lineterm="", n=1)
            shown = [escape(shorten(line)) for line in lines if not line.startswith(("---", "+++", "@@"))]
            yield "\n".join([f"{name}, changed:", *shown[:MOST], *(["…"] if len(shown) > MOST else [])])
        else:
            yield f"{name}: {'added' if after else 'not there'}"


def good_example(case: Path, roots: Sequence[Path], example: Path, wrong: Path, line: int) -> Example:
    """Return the part of a file that keeps the rule: what the case changes, in the file that was bad if it can be."""
    changed = [name for name in sorted(names(case)) if is_file(placed(roots[1], Path(name)))]
    shown = sorted(changed, key=lambda name: (Path(name) != wrong, name.endswith(BINARY)))
    if not shown:
        return Example(case.name, "what the case changes", listing(case))
    name = Path(shown[0])
    text = read(placed(roots[1], name))
    before = next((read(path) for path in (example / name, placed(roots[0], name)) if is_file(path)), "")
    changed_line = first_difference(before, text) or (line if name == wrong else 1)
    return Example(case.name, escape(name.as_posix()), excerpt(text, changed_line))


def placed(root: Path, name: Path) -> Path:
    """Return where a file of a case stands: in the checkout, or beside it."""
    return root / name if is_file(root / name) or len(name.parts) > 1 else root.parent / name


def read(path: Path) -> str:
    """Return a file's text, with bytes that are no UTF-8 as escapes; of a compressed file its size."""
    if path.suffix in BINARY:
        return f"({path.stat().st_size} bytes, compressed)"
    return path.read_bytes().decode("utf-8", "backslashreplace")


def listing(case: Path) -> str:
    """Return which files a case brings, links and takes away."""
    said = []
    for path in case_files(case):
        name = path.relative_to(case).as_posix()
        bare = name.rpartition(".")[0]
        link = f"{bare} -> {path.read_text('utf-8').strip()}" if path.suffix == ".link" else name
        said.append(f"{bare}: not there" if path.suffix == ".deleted" else link)
    return "\n".join(said)


def first_difference(before: str, after: str) -> int:
    """Return the first line that differs, from 1; 0 where none does or there was nothing before."""
    pairs = zip_longest(before.split("\n") if before else (), after.split("\n"))
    return next((number for number, (one, other) in enumerate(pairs, start=1) if before and one != other), 0)


def excerpt(text: str, line: int, column: int = 1) -> str:
    """Return the lines around a place: its entry, where the file is a list of such; what can't be seen as escapes."""
    lines = text.split("\n")
    first, last = entry(lines, line - 1)
    cut = [shorten(each, column if number == line - 1 else 1) for number, each in enumerate(lines)][first : last + 1]
    return textwrap.dedent("\n".join(map(escape, cut))).strip("\n").removesuffix(",") or "(empty)"


def entry(lines: Sequence[str], at: int) -> tuple[int, int]:
    """Return first and last line of the entry around a line, or of what stands around it."""
    first = edge(lines, range(at, max(-1, at - MOST), -1), r" {4}\{", r" {4}\},?")
    last = edge(lines, range(at, min(len(lines), at + MOST)), r" {4}\},?", r" {4}\{")
    if first is None or last is None or last - first >= MOST:
        return max(0, at - 2), min(len(lines) - 1, at + 2)
    return first, last


def edge(lines: Sequence[str], way: range, wanted: str, other: str) -> int | None:
    """Return the first line on the way that looks as wanted; None where one of another look comes before it."""
    for number in way:
        if re.fullmatch(wanted, lines[number]):
            return number
        if number != way.start and re.fullmatch(other, lines[number]):
            return None
    return None


def shorten(line: str, column: int = 1) -> str:
    """Return a line, or the part of a long one around a column."""
    if len(line) <= WIDTH:
        return line
    start = max(0, min(column - 1 - MARGIN, len(line) - WIDTH))
    end = start + WIDTH
    return ("…" if start else "") + line[start:end] + ("…" if end < len(line) else "")


if __name__ == "__main__":
    app()
