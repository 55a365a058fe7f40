"""The one module that knows where things stand in a checkout and in an installed package."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from chipstance.jsonfile import is_file, is_folder, is_missing

PACKAGE = Path(__file__).resolve().parent
ADJUDICATION = "adjudication"
ROUND_FILE = "round.json"
LAYERS = "layers.json"
GUIDELINES = "guidelines.md"
_NUMBER = re.compile("[1-9][0-9]*")
_ALMOST_LAYERS = re.compile(r"(?i:layers?\.(json[5c]?|ya?ml|toml))")


def is_round(name: str) -> bool:
    """Tell whether a folder is called as a round is: by its number, counted from 1."""
    return _NUMBER.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class Checkout:
    """The folders of a repository laid out like ChipStance's.

    Attributes:
        root: the repository's top folder.
    """

    root: Path

    @property
    def annotations(self) -> Path:
        """What was decided: articles, edits, registry, rounds and gold."""
        return self.root / "annotations"

    @property
    def articles(self) -> Path:
        """The list of articles."""
        return self.annotations / "articles.json"

    @property
    def entities(self) -> Path:
        """The registry of persons, organizations and accounts."""
        return self.annotations / "entities.json"

    @property
    def schema(self) -> Path:
        """The rules: layers and JSON Schemas."""
        return self.root / "schema"

    @property
    def layers(self) -> Path:
        """Layers, attributes and value sets."""
        return self.schema / LAYERS

    @property
    def dataset(self) -> Path:
        """The release."""
        return self.root / "dataset"

    @property
    def card(self) -> Path:
        """The template of the dataset card."""
        return self.root / "dataset_card.md"

    @property
    def citation(self) -> Path:
        """How the data set is cited: title, authors, licence, date of release."""
        return self.root / "CITATION.cff"

    @property
    def readme(self) -> Path:
        """The front page, whose tables the build fills in."""
        return self.root / "README.md"

    @property
    def rules_page(self) -> Path:
        """The page of the rules and their examples."""
        return self.root / "docs" / "rules.md"

    @property
    def cases(self) -> Path:
        """The case files of each rule."""
        return self.root / "tests" / "cases"

    @property
    def example(self) -> Path:
        """The invented checkout that case files are laid over."""
        return self.root / "tests" / "example"

    @property
    def changelog(self) -> Path:
        """What changed from version to version."""
        return self.root / "CHANGELOG.md"

    @property
    def rounds(self) -> Path:
        """The annotation rounds."""
        return self.annotations / "rounds"

    @property
    def guidelines(self) -> Path:
        """What annotators go by, as it is now."""
        return self.annotations / GUIDELINES

    def article(self, doc: str) -> Path:
        """An article, byte for byte as received."""
        return self.annotations / "articles" / f"{doc}.txt"

    def edits(self, doc: str) -> Path:
        """The edits that make an article's text."""
        return self.annotations / "edits" / f"{doc}.json"

    def gold(self, doc: str) -> Path:
        """The agreed labels of a document."""
        return self.annotations / "gold" / f"{doc}.json"

    def adjudication(self, number: int, doc: str) -> Path:
        """The decisions of a round about a document."""
        return self.rounds / str(number) / ADJUDICATION / f"{doc}.json"

    def deciding_round(self, doc: str) -> int | None:
        """The newest round with decisions about a document (``*`` for any), which makes its gold labels, or None."""
        folders = [path for path in self.round_folders() if matching(path / ADJUDICATION, f"{doc}.json")]
        return int(folders[-1].name) if folders else None

    def round_folders(self) -> list[Path]:
        """The folders of all rounds that hold anything, by number."""
        found = [path for path in matching(self.rounds, "*") if is_round(path.name) and is_own_folder(path)]
        holding = [path for path in found if any(not entry.name.startswith(".") for entry in matching(path, "*"))]
        return sorted(holding, key=lambda path: int(path.name))

    @property
    def label_studio(self) -> Path:
        """What Label Studio leaves on this machine: its environment, data, accounts. Git ignores it."""
        return self.root / ".label-studio"

    @property
    def systems(self) -> Path:
        """What the baselines are, in the order of their tables."""
        return self.root / "benchmarks" / "baselines" / "systems.json"

    def predictions(self, system: str) -> Path:
        """The committed predictions of a baseline."""
        return self.systems.parent / f"{system}.jsonl"

    def label_folders(self) -> list[Path]:
        """Every annotator's labels in every round that was adjudicated: a folder each."""
        decided = {path.parents[1] for path in matching(self.rounds, f"*/{ADJUDICATION}/*.json")}
        folders = {path.parent for each in decided for path in matching(each, "*/*.json")}
        return sorted(path for path in folders if path.name != ADJUDICATION)

    def measured(self) -> Iterator[Path]:
        """Yield what the card's tables of agreement and baselines come from, beside the gold labels."""
        folder = self.systems.parent
        yield from (*matching(folder, "*.jsonl"), *matching(folder, "systems.json"))
        for labels in self.label_folders():
            yield from matching(labels, "*.json")

    def round_file(self, number: int) -> Path:
        """What a round is about: documents, annotators, guidelines."""
        return self.rounds / str(number) / ROUND_FILE

    def labels(self, number: int, annotator: str, doc: str) -> Path:
        """One annotator's labels of a document in a round."""
        return self.rounds / str(number) / annotator / f"{doc}.json"


def is_own_folder(path: Path) -> bool:
    """Tell whether a folder stands at a path, and no link to one: those are not followed."""
    return is_folder(path) and not path.is_symlink()


def is_dead(path: Path) -> bool:
    """Tell whether a symbolic link stands at a path that leads nowhere, or to itself."""
    return is_missing(path) and os.path.islink(path)  # noqa: PTH114 (Path.is_symlink raises for a name too long)


def has_own_layers(checkout: Checkout) -> bool:
    """Tell whether a checkout has layers of its own, though they may be out of reach."""
    return not is_missing(checkout.layers) or is_dead(checkout.layers) or is_dead(checkout.schema)


def matching(folder: Path, pattern: str) -> list[Path]:
    """Return what stands in a folder by a glob, sorted; nothing where it is missing, or nobody may look."""
    return sorted(folder.glob(pattern)) if is_folder(folder) else []


def almost_layers(checkout: Checkout) -> list[Path]:
    """Return what may have been meant to be a checkout's layers.json, where it has none: files of nearly its name."""
    if not is_missing(checkout.layers):
        return []
    named = (path for folder in (checkout.schema, checkout.root) for path in matching(folder, "*"))
    return [path for path in named if _ALMOST_LAYERS.fullmatch(path.name) and is_file(path)]


def has_layers_only(folder: Path) -> bool:
    """Tell whether a folder holds layers, and no schemas that they could be put into."""
    return is_file(folder / LAYERS) and not matching(folder, "*.schema.json")


def find_checkout(start: Path) -> Checkout | None:
    """Return the checkout that ``start`` lies in, or None."""
    return next((Checkout(folder) for folder in (start, *start.parents) if _is_checkout(folder)), None)


def _is_checkout(root: Path) -> bool:
    """Tell a checkout by its list of articles; where that is gone, or nobody may look, by what else there is."""
    checkout = Checkout(root)
    others = (checkout.entities, checkout.annotations / "articles")
    return is_folder(checkout.annotations) and (
        not is_missing(checkout.articles) or not any(is_missing(path) for path in others)
    )


def lost_checkout(root: Path) -> Checkout | None:
    """Return the checkout that a folder was before its annotations went: it has layers, or a release and its card."""
    checkout = Checkout(root)
    made_here = not is_missing(checkout.card) or is_folder(checkout.annotations)
    release = made_here and is_file(checkout.dataset / "manifest.json")
    left = release or is_file(checkout.layers)
    return checkout if left and not _is_checkout(root) else None


def repository(start: Path) -> Path:
    """Return the top folder of the repository that a folder lies in: Git's, else a checkout, else the folder itself."""
    checkout = find_checkout(start)
    tops = (folder for folder in (start, *start.parents) if not is_missing(folder / ".git"))
    return next(tops, checkout.root if checkout else start)


def schema_folder() -> Path:
    """Return the folder of the schemas that belong to this code: in the wheel, or in its checkout."""
    packaged = PACKAGE / "schema"
    return packaged if packaged.is_dir() else PACKAGE.parents[1] / "schema"


def lm_eval_tasks() -> Path:
    """Return the folder of the tasks for lm-evaluation-harness, which takes it as ``--include_path``."""
    return PACKAGE / "lm_eval_tasks"


def rule_examples() -> Path:
    """Return the file of the rules' examples, made from the case files of the checkout."""
    return PACKAGE / "rule_examples.json"


def dataset_folder() -> Path:
    """Return the release to load by default: the working folder's checkout, else the code's own.

    Raises:
        FileNotFoundError: neither has one.
    """
    for start in (Path.cwd(), PACKAGE):
        checkout = find_checkout(start)
        if checkout and (checkout.dataset / "manifest.json").is_file():
            return checkout.dataset
    raise FileNotFoundError("no release found: give its folder, as in chipstance.load('path/to/dataset')")
