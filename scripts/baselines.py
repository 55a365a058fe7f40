"""Make the predictions of every baseline again, and fill the tables of README and card with what they score."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

import build
import rule_baseline
import spacy_baseline
import stance_baselines
from chipstance.corpus import Corpus, read_corpus
from chipstance.folders import Checkout, find_checkout
from chipstance.jsonfile import is_file, write_bytes
from chipstance.model import Document
from chipstance.predictions import write_predictions
from chipstance.tables import SPLITS

app = typer.Typer(add_completion=False)

VALIDATION, TEST = SPLITS


@app.command()
def main(
    root: Annotated[
        Path | None, typer.Option(help="The checkout; by default the one around the working folder.", file_okay=False)
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Write nothing: compare with what is committed.")] = False,
) -> None:
    """Make the predictions of every baseline again, and fill the tables of README and card.

    Exit status: 0 all is well, 1 the predictions differ or nothing can be built, 2 wrong usage.
    """
    checkout = Checkout(root) if root else find_checkout(Path.cwd())
    if checkout is None or not checkout.articles.is_file():
        raise typer.BadParameter("no annotations/articles.json here: run this inside a checkout, or give --root")
    with tempfile.TemporaryDirectory() as folder:
        made = write_all(read_corpus(checkout), Path(folder))
        different = [path.stem for path in made if not same(path, checkout.predictions(path.stem))]
        for path in made if not check else ():
            write_bytes(checkout.predictions(path.stem), path.read_bytes())
    typer.echo(f"{len(made)} baselines; other than before: {', '.join(different) or 'none'}")
    if check:
        raise typer.Exit(1 if different else 0)
    build.put(checkout, *build.make(checkout))


def same(path: Path, committed: Path) -> bool:
    """Tell whether a file is what is committed, byte for byte."""
    return is_file(committed) and path.read_bytes() == committed.read_bytes()


def write_all(corpus: Corpus, folder: Path) -> list[Path]:
    """Write the predictions of every baseline for the test split into a folder, and return their paths."""
    documents = {split: [corpus.gold[a.id] for a in corpus.articles if a.split == split] for split in SPLITS}
    paths = []
    for name, predicted in systems(corpus, documents[VALIDATION], documents[TEST]):
        paths.append(folder / f"{name}.jsonl")
        write_predictions(paths[-1], predicted, system=name)
    return paths


def systems(
    corpus: Corpus, validation: Sequence[Document], test: Sequence[Document]
) -> Iterator[tuple[str, list[Document]]]:
    """Yield every baseline with its predictions. The first two are given texts alone."""
    texts = [Document(document.id, document.text) for document in test]
    names = rule_baseline.learn_names(validation)
    yield "rules", [rule_baseline.predict(text, names) for text in texts]
    model = spacy_baseline.load_model()
    yield "spacy", [spacy_baseline.predict(text, model) for text in texts]
    examples = stance_baselines.learn_examples(validation, corpus.layers)
    statements = [span.text for document in test for span in stance_baselines.statements_of(document)]
    same_for_all = [stance_baselines.majority(examples, corpus.layers)] * len(statements)
    yield "majority", labelled(test, same_for_all)
    chosen = stance_baselines.choose(statements, examples, stance_baselines.load_embedder())
    typer.echo(f"likeness: the nearest example leads by {chosen.margin:.5f} or more over one with another label")
    yield "target-blind", labelled(test, [stance_baselines.target_blind(each.labels) for each in chosen.examples])
    yield "nearest-neighbour", labelled(test, [each.labels for each in chosen.examples])


def labelled(documents: Sequence[Document], labels: Sequence[Mapping[str, str]]) -> list[Document]:
    """Return documents whose stance spans give all their gold statements, in order, these labels."""
    left = iter(labels)
    given = [(each, [next(left) for _ in stance_baselines.statements_of(each)]) for each in documents]
    return [stance_baselines.predict(*pair) for pair in given]


if __name__ == "__main__":
    app()
