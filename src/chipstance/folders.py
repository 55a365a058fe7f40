"""The one module that knows where things stand in a checkout and in an installed package."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from chipstance.jsonfile import is_folder, is_missing

PACKAGE = Path(__file__).resolve().parent
ADJUDICATION = "adjudication"
ROUND_FILE = "round.json"


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
        return self.schema / "layers.json"

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
        """The newest round with decisions about a document, which makes its gold labels; None where there is none."""
        names = [path.parent.parent.name for path in self.rounds.glob(f"*/{ADJUDICATION}/{doc}.json")]
        return max((int(name) for name in names if name.isdecimal()), default=None)

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
        decided = {path.parents[1] for path in self.rounds.glob(f"*/{ADJUDICATION}/*.json")}
        folders = {path.parent for each in decided for path in each.glob("*/*.json")}
        return sorted(path for path in folders if path.name != ADJUDICATION)

    def measured(self) -> Iterator[Path]:
        """Yield what the card's tables of agreement and baselines come from, beside the gold labels."""
        folder = self.systems.parent
        yield from (*sorted(folder.glob("*.jsonl")), *sorted(folder.glob("systems.json")))
        for labels in self.label_folders():
            yield from sorted(labels.glob("*.json"))

    def round_file(self, number: int) -> Path:
        """What a round is about: documents, annotators, guidelines."""
        return self.rounds / str(number) / ROUND_FILE

    def labels(self, number: int, annotator: str, doc: str) -> Path:
        """One annotator's labels of a document in a round."""
        return self.rounds / str(number) / annotator / f"{doc}.json"


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
