"""Validates files and whole checkouts: schema first, then the rules that a schema can't say."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from chipstance.context import Context
from chipstance.folders import Checkout, find_checkout, schema_folder
from chipstance.judge import judge, judge_whole
from chipstance.model import Problem
from chipstance.schemas import Schemas, load_schemas


@dataclass(frozen=True, slots=True)
class Result:
    """What a validation found.

    Attributes:
        problems: sorted by path, line, column and rule.
        files: how many files were asked about.
    """

    problems: tuple[Problem, ...]
    files: int


def validate(paths: Iterable[Path | str], schema: Path | None = None) -> list[Problem]:
    """Return everything that is wrong with files and folders.

    Args:
        paths: files and folders; a checkout's root or its ``annotations`` folder gets the corpus-wide rules too.
        schema: folder of schemas and layers to use instead of the checkout's and this code's own.

    Raises:
        FileNotFoundError: a path does not exist, or there is nothing to validate.
    """
    return list(check(paths, schema).problems)


def check(paths: Iterable[Path | str], schema: Path | None = None) -> Result:
    """Validate, and count the files. Arguments and errors as for ``validate``."""
    run_ = _Run(load_schemas(schema or schema_folder()), schema)
    for path in sorted({Path(os.path.abspath(path)) for path in paths}):  # noqa: PTH100 (symbolic links stay as given)
        run_.add(path)
    if not run_.files:
        raise FileNotFoundError("nothing to validate: name a checkout, or a folder or file in one")
    problems = {replace(problem, path=display(problem.path)) for problem in run_.problems()}
    return Result(tuple(sorted(problems, key=_order)), len(run_.files))


def _order(problem: Problem) -> tuple[str, int, int, str, str, str]:
    return problem.path, problem.line, problem.column, problem.rule, problem.pointer, problem.message


def usual_checkout() -> Checkout | None:
    """Return the checkout that predictions from elsewhere are for: the working folder's, else this code's own."""
    return find_checkout(Path.cwd()) or find_checkout(schema_folder())


def display(path: str) -> str:
    """Return a path as reports show it: relative to the working folder where it lies in it, with forward slashes."""
    try:
        return Path(path).relative_to(Path.cwd()).as_posix()
    except ValueError:
        return Path(path).as_posix()


@dataclass
class _Run:
    """One validation: which files, in which checkouts."""

    base: Schemas
    schema: Path | None
    files: dict[Path, Checkout | None] = field(default_factory=dict)
    whole: set[Path] = field(default_factory=set)
    contexts: dict[Path | None, Context] = field(default_factory=dict)

    def add(self, path: Path) -> None:
        """Take in a file, or everything in a folder that can be judged."""
        if not path.exists():
            raise FileNotFoundError(f"{display(str(path))} does not exist")
        checkout = find_checkout(path if path.is_dir() else path.parent)
        if path.is_file():
            self.files[path] = checkout
        elif checkout and path in (checkout.root, checkout.annotations):
            self._add_checkout(checkout, path)
        else:
            self._add_folder(path, checkout)

    def _add_checkout(self, checkout: Checkout, path: Path) -> None:
        self.whole.add(checkout.root)
        folders = (checkout.annotations, checkout.schema, checkout.dataset)
        for folder in folders if path == checkout.root else (path,):
            self._add_folder(folder, checkout)

    def _add_folder(self, folder: Path, checkout: Checkout | None) -> None:
        in_release = checkout and checkout.dataset in (folder, *folder.parents)
        manifest = (checkout.dataset if checkout and in_release else folder) / "manifest.json"
        if in_release or manifest.is_file():
            self.files.update({manifest: checkout} if manifest.is_file() else {})
            return
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            if path.name.startswith("."):
                continue
            if path.is_dir():
                self.add(path)
            elif path.suffix in (".json", ".jsonl") or (checkout and path == checkout.article(path.stem)):
                self.files[path] = checkout

    def context(self, checkout: Checkout | None) -> Context:
        """Return what is known of a checkout."""
        root = checkout.root if checkout else None
        if root not in self.contexts:
            own = checkout.layers if checkout and not self.schema and checkout.layers.is_file() else None
            layers = own or (self.schema or schema_folder()) / "layers.json"
            self.contexts[root] = Context(checkout, self.base, layers)
        return self.contexts[root]

    def problems(self) -> set[Problem]:
        """Judge every file, then every checkout that was asked for as a whole."""
        found: set[Problem] = set()
        for path, checkout in self.files.items():
            texts = checkout or (usual_checkout() if path.suffix == ".jsonl" else None)
            found.update(judge(path, self.context(texts)))
        for context in list(self.contexts.values()):
            if context.checkout and context.checkout.root in self.whole:
                found.update(judge_whole(context))
        return found.union(*(context.problems for context in self.contexts.values()))
