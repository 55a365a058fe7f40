"""Validates files and whole checkouts: schema first, then the rules that a schema can't say."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path

from chipstance.context import FILE_MISSING, Context, Given
from chipstance.first_bytes import is_nearly
from chipstance.folders import (
    LAYERS,
    Checkout,
    almost_layers,
    find_checkout,
    has_layers_only,
    has_own_layers,
    is_dead,
    lost_checkout,
    schema_folder,
)
from chipstance.inputs import (
    DOCUMENTS,
    PREDICTIONS,
    STANDARD_INPUT,
    UsageError,
    descriptor,
    expand,
    is_address,
    is_json,
    is_lines,
    is_table,
    plain_name,
)
from chipstance.jsonfile import is_file, is_folder, is_missing
from chipstance.judge import judge
from chipstance.judge_whole import causes, judge_schemas, judge_whole, told_missing
from chipstance.line_files import Engine, LineFile, check_files, in_process
from chipstance.model import Problem
from chipstance.places import dead_link, is_stray, kind_by_place, stray
from chipstance.repeats import listed
from chipstance.rules_manifest import cited_version, releases
from chipstance.schemas import NAMES, SUFFIX, Schemas, make_schemas
from chipstance.sources import Source, read_json_source, unreadable
from chipstance.unnamed import check_unnamed, check_value

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Result:
    """What a validation found.

    Attributes:
        problems: sorted by path, line, column and rule.
        files: how many files were asked about.
        paths: these files, sorted, as reports show them.
    """

    problems: tuple[Problem, ...]
    files: int
    paths: tuple[str, ...] = ()


def validate(paths: Iterable[Path | str], schema: Path | None = None) -> list[Problem]:
    """Return everything that is wrong with files and folders.

    Args:
        paths: files and folders; a checkout's root or its ``annotations`` folder gets the corpus-wide rules too.
        schema: folder of schemas and layers to use instead of the checkout's and this code's own; one that holds
            layers alone goes with this code's schemas.

    Raises:
        FileNotFoundError: a path does not exist, there is nothing to validate, or the folder holds neither.
        UsageError: a path is empty.
    """
    return list(check(paths, schema).problems)


def check(
    paths: Iterable[Path | str],
    schema: Path | None = None,
    given: Given | None = None,
    kind: str = "",
    engine: Engine = in_process,
) -> Result:
    """Validate, and count the files.

    Args:
        paths: as for ``validate``.
        schema: as for ``validate``.
        given: what predictions are about; by default the texts of the checkout they lie in, else of the working
            folder's.
        kind: of lines, ``documents`` or ``predictions``, or of the files that are named; by default what each seems
            to hold.
        engine: what checks the parts of files of lines.

    Raises:
        FileNotFoundError: as for ``validate``.
        UsageError: a path is empty, or a file that is named can't be of that kind.
    """
    written = schema_folder() if schema is None or has_layers_only(schema) else schema
    base, wrong = _read_base(written)
    if base is None:
        return Result(_sorted(wrong), len(NAMES))
    own = written == schema_folder() or base == _read_base(schema_folder())[0]
    run_ = _Run(base, schema, given, kind, engine, own)
    for name in sorted({found for path in paths for found in _expanded(str(path))}):
        if descriptor(name) is not None or is_address(name):
            run_.held_to_be(name)
            run_.streams.append(name)
        else:
            run_.add(Path(name))
    if not run_.files and not run_.streams and not run_.unreadable:
        raise FileNotFoundError("nothing to validate: name a checkout, or a folder or file in one")
    shown = tuple(sorted([*run_.streams, *(display(str(path)) for path in run_.files)]))
    return Result(_sorted(run_.problems()), len(shown), shown)


def _expanded(name: str) -> Iterator[str]:
    if not name:
        raise UsageError("a path is empty: name a file or a folder; the working folder is .")
    try:
        found = expand(name)
    except OSError as error:
        raise FileNotFoundError(f"{name} can't be looked up ({error.strerror or error})") from None
    if not found:
        raise FileNotFoundError(f"{name} matches no file")
    for each in found:
        # symbolic links stay as given
        if descriptor(each) == 0:
            yield STANDARD_INPUT
        else:
            yield each if is_address(each) else os.path.abspath(each)  # noqa: PTH100


def _sorted(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    found = list(problems)
    names = {path: display(path) for path in {problem.path for problem in found}}
    shown = sorted({replace(problem, path=names[problem.path]) for problem in found}, key=_order)
    by_path = groupby(shown, key=lambda problem: problem.path)
    return tuple(problem for _, group in by_path for problem in listed(list(group)))


def _read_base(folder: Path) -> tuple[Schemas | None, list[Problem]]:
    """Read the schemas that files are judged by; None, with what is wrong, where they are not in order."""
    if not any(is_file(folder / f"{name}{SUFFIX}") for name in NAMES):
        near = (folder / "schema", folder.parent, folder.parent / "schema")
        meant = next((f": name {display(str(each))}" for each in near if is_file(each / LAYERS)), "")
        raise FileNotFoundError(f"{display(str(folder))} holds no schemas, and no layers.json{meant}")
    sources: dict[Path, Source] = {}
    for path in (folder.absolute() / f"{name}{SUFFIX}" for name in NAMES):
        if not is_missing(path) or is_dead(path):
            sources[path] = read_json_source(path, "schema", Schemas({}))
    wrong = [problem for source in sources.values() for problem in source.problems]
    known = set(filter(is_dead, [folder.absolute() / LAYERS]))  # told where they are read
    wrong += judge_schemas(folder.absolute(), None, sources.__getitem__, known)
    return (None if wrong else make_schemas({p.name.removesuffix(SUFFIX): s.data for p, s in sources.items()})), wrong


def check_content(path: Path, content: str) -> list[Problem]:
    """Return what would be wrong with a file of a checkout if it held this content.

    Args:
        path: where the file would stand; it need not be there.
        content: JSON text.
    """
    base, wrong = _read_base(schema_folder())
    if base is None:
        return wrong
    context = _Run(base, None, None).context(find_checkout(path.parent))
    context.offer(path, kind_by_place(path, context.checkout), content)
    return sorted({*judge(path, context), *context.problems}, key=_order)


def _order(problem: Problem) -> tuple[str, int, int, int, str, str, str]:
    place = problem.path, problem.line, problem.column, problem.rank
    return *place, problem.rule, problem.pointer, problem.message


def usual_checkout() -> Checkout | None:
    """Return the checkout that files from elsewhere are for: the working folder's."""
    return find_checkout(Path.cwd())


def display(path: str) -> str:
    """Return a path as reports show it: relative to the working folder where it lies in it, with forward slashes."""
    if is_address(path):
        return path
    try:
        return Path(path).relative_to(Path.cwd()).as_posix()
    except ValueError:
        return Path(path).as_posix()


@dataclass
class _Run:
    """One validation: which files, in which checkouts."""

    base: Schemas
    schema: Path | None
    given: Given | None
    kind: str = ""
    engine: Engine = in_process
    own_schemas: bool = True
    streams: list[str] = field(default_factory=list)
    files: dict[Path, Checkout | None] = field(default_factory=dict)
    kinds: dict[Path, str] = field(default_factory=dict)
    whole: set[Path] = field(default_factory=set)
    unreadable: list[Problem] = field(default_factory=list)
    contexts: dict[Path | None, Context] = field(default_factory=dict)

    def add(self, path: Path) -> None:
        """Take in a file, or everything in a folder that can be judged."""
        if is_missing(path) and not is_dead(path):
            raise FileNotFoundError(f"{display(str(path))} does not exist")
        checkout = find_checkout(path if is_folder(path) else path.parent)
        if not is_folder(path):
            self.kinds[path] = self._named(path, kind_by_place(path, checkout))
            self.files[path] = checkout
        elif checkout and path in (checkout.root, checkout.annotations):
            self._add_checkout(checkout, path)
        elif checkout is None and is_dead(link := Checkout(path).annotations):
            self.unreadable.append(dead_link(link))
        elif checkout is None and self.schema is None and (lost := lost_checkout(path)):
            message = "annotations/ is missing here, or has no list of articles: put it back; where none is wanted,"
            message += " name the files or folders to check"
            self.unreadable.append(Problem(FILE_MISSING, str(lost.articles), "", message, 1, 1))
        else:
            self._add_folder(path, checkout)

    def _named(self, path: Path, place: str) -> str:
        """Return what a file that is named is said to be, where its place does not tell.

        Raises:
            UsageError: it can't be that.
        """
        name, kind = display(str(path)), self.kind
        self.held_to_be(name)
        if not kind or is_lines(name) or is_table(name):
            return kind
        if place not in ("", kind):
            raise UsageError(f"{name} has the place of another kind, {place}: leave --kind {kind} out, or move it")
        return kind

    def held_to_be(self, name: str) -> None:
        """See that a file, or what stands at an address, can be of the kind that is said, as far as its name tells.

        Raises:
            UsageError: it can't.
        """
        if self.kind not in ("", DOCUMENTS, PREDICTIONS) and (is_lines(name) or is_table(name)):
            raise UsageError(f"{name} can't hold {self.kind}: lines and rows are documents or predictions")

    def _add_checkout(self, checkout: Checkout, path: Path) -> None:
        self.whole.add(checkout.root)
        released = releases(checkout) or is_dead(checkout.dataset)
        folders = (checkout.annotations, checkout.schema, *([checkout.dataset] if released else []))
        for folder in folders if path == checkout.root else (path,):
            if not is_missing(folder):
                self._add_folder(folder, checkout)
            elif is_dead(folder):
                self.unreadable.append(dead_link(folder))
        if path == checkout.root and releases(checkout) and cited_version(checkout) and not is_dead(checkout.dataset):
            self.files[checkout.dataset / MANIFEST] = checkout

    def _add_folder(self, folder: Path, checkout: Checkout | None) -> None:
        in_release = checkout and checkout.dataset in (folder, *folder.parents)
        manifest = (checkout.dataset if checkout and in_release else folder) / MANIFEST
        if in_release or is_file(manifest):
            self.files[manifest] = checkout
            return
        for path in self._entries(folder):
            # a link to a folder is not followed: it may lead in circles, or out of the checkout
            if is_folder(path) and not path.is_symlink():
                self.add(path)
            elif checkout and folder in (checkout.annotations, checkout.rounds) and not path.suffix and is_dead(path):
                self.unreadable.append(dead_link(path))
            elif _is_judged(path, checkout):
                self.files[path] = checkout

    def _entries(self, folder: Path) -> list[Path]:
        try:
            return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
        except OSError as error:
            self.unreadable.append(unreadable(folder, error))
            return []

    def context(self, checkout: Checkout | None) -> Context:
        """Return what is known of a checkout."""
        root = checkout.root if checkout else None
        if root not in self.contexts:
            own = checkout.layers if checkout and not self.schema and has_own_layers(checkout) else None
            layers = own or (self.schema or schema_folder()) / LAYERS
            meant = almost_layers(checkout) if checkout and not self.schema else ()
            wrong = {stray(path, checkout) for path in meant}
            self.contexts[root] = Context(checkout, self.base, layers, None, self.own_schemas, wrong)
        return self.contexts[root]

    def problems(self) -> set[Problem]:
        """Judge every file, then every checkout that was asked for as a whole."""
        found = set(self.unreadable)
        given = self._predicted() if self.given else None
        lines: list[LineFile] = []
        for path, checkout in self.files.items():
            stray = is_stray(path, checkout)
            if (is_lines(path.name) or is_table(path.name)) and not stray:
                context = given or self.context(checkout or usual_checkout())
                lines.append(LineFile(str(path), self._of_lines(), context))
            elif is_json(path.name) and plain_name(path.name) != path.name and not stray:
                found.update(check_value(str(path), self.kinds.get(path, ""), self._around(checkout, given)))
            else:
                found.update(judge(path, self._around(checkout, given), self.kinds.get(path, "")))
        for address in self.streams:
            context = self._around(None, given)
            if is_lines(address) or is_table(address):
                lines.append(LineFile(address, self._of_lines(), context))
            elif is_json(address):
                found.update(check_value(address, self.kind, context))
            else:
                found.update(check_unnamed(address, self.kind, context))
        found.update(check_files(lines, self.engine))
        for context in list(self.contexts.values()):
            if context.checkout and context.checkout.root in self.whole:
                found.update(judge_whole(context))
                found.update(self._judge_schemas(context.checkout.schema, context))
        known = [*self.contexts.values(), *([given] if given else [])]
        found = found.union(*(context.problems for context in known))
        for context in known:
            if context.checkout and context.checkout.root in self.whole:
                found = causes(found, context.checkout, context.misnamed)
        shut = {Path(each.path): each for each in found if each.rule == "file-unreadable"}
        return found - {each for path, each in shut.items() if not shut.keys().isdisjoint(path.parents)}

    def _around(self, checkout: Checkout | None, given: Context | None) -> Context:
        """Return what a file is judged by: the checkout it lies in, else what is given, else the working folder's."""
        return self.context(checkout) if checkout else given or self.context(usual_checkout())

    def _of_lines(self) -> str:
        """Return what the lines of files are said to be."""
        return self.kind if self.kind in (DOCUMENTS, PREDICTIONS) else ""

    def _predicted(self) -> Context:
        """Return what is known of what predictions are about, where that is given."""
        layers = (self.schema or schema_folder()) / LAYERS
        return Context(None, self.base, layers, self.given, self.own_schemas)

    def _judge_schemas(self, folder: Path, context: Context) -> Iterator[Problem]:
        base = None if self.schema else self.base
        context.problems.update(filter(None, map(context.meant, context.misnamed)))
        return judge_schemas(folder, base, lambda path: context.source(path, "schema"), set(told_missing(context)))


def _is_judged(path: Path, checkout: Checkout | None) -> bool:
    """Tell whether a file, or a link, that is found in a folder is looked at."""
    if checkout and {checkout.annotations, checkout.schema} & set(path.parents):
        return path.suffix != ".md"
    wanted = (is_json, is_lines, is_table, is_nearly)
    return any(tells(path.name) for tells in wanted) and not is_folder(path)
