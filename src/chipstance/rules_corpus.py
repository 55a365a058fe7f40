"""Rules that need the whole corpus: what is there, and what every label together says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass

from chipstance.faults import show
from chipstance.folders import Checkout
from chipstance.likeness import alike
from chipstance.model import Article, Entity
from chipstance.rules import Finding, Labels, rule
from chipstance.rules_manifest import releases
from chipstance.rules_statements import seen_names, used_entities

SPLITS = ("validation", "test")


@dataclass(frozen=True, slots=True)
class Whole:
    """A checkout's decided files.

    Attributes:
        checkout: where they stand.
        articles: as listed; None where the list can't be read.
        entities: the registry, in its order; None where it can't be read.
        texts: the annotated texts that could be made.
        gold: the gold labels that could be read.
        sound: whether no gold file and no span had to be left out.
    """

    checkout: Checkout
    articles: tuple[Article, ...] | None
    entities: Mapping[str, Entity] | None
    texts: Mapping[str, str]
    gold: Mapping[str, Labels]
    sound: bool


@rule("split-empty", "corpus")
def split_empty(whole: Whole) -> Iterator[Finding]:
    """Where there is a release, both of its splits have an article."""
    if whole.articles is None or not releases(whole.checkout):
        return
    found = {article.split for article in whole.articles}
    for split in SPLITS:
        if split not in found:
            message = f"no article is in the split {split!r}: move one there"
            yield Finding("/articles", message, path=whole.checkout.articles)


@rule("utterance-once", "corpus")
def utterance_once(whole: Whole) -> Iterator[Finding]:
    """An utterance id stands more than once in the gold labels."""
    if not whole.sound:
        return
    places: dict[str, list[tuple[Labels, int]]] = {}
    for labels in whole.gold.values():
        for index, span in labels.having("statement", "utterance"):
            if span.attributes.get("utterance") is not None:
                places.setdefault(str(span.attributes.get("utterance")), []).append((labels, index))
    for utterance, found in places.items():
        if len(found) == 1:
            labels, index = found[0]
            message = f"utterance {utterance!r} stands once: write null, or give its other rendering the same id"
            yield Finding(f"/spans/{index}/attributes/utterance", message, path=labels.path)


@rule("entity-unused", "corpus")
def entity_unused(whole: Whole) -> Iterator[Finding]:
    """Every entry of the registry is named by a gold label."""
    if not whole.sound or whole.entities is None:
        return
    used = {entity for labels in whole.gold.values() for entity in used_entities(labels)}
    unused = [(index, entity) for index, entity in enumerate(whole.entities) if entity not in used]
    unknown = used - set(whole.entities)
    for index, entity in unused:
        meant = dict(alike([entity], unknown)) if len(unused) == len(unknown) == 1 else {}
        mend = "remove the entry"
        if meant:
            mend = f"if {meant[entity]!r} is meant, which labels name and the registry lacks, write that here"
        yield Finding(f"/entities/{index}/id", f"no gold label names {entity!r}: {mend}", path=whole.checkout.entities)


@rule("alias-unseen", "corpus")
def alias_unseen(whole: Whole) -> Iterator[Finding]:
    """Every alias is seen: in an organization's mention, or for others in a text."""
    if not whole.sound or whole.entities is None:
        return
    used = {entity for labels in whole.gold.values() for entity in used_entities(labels)}
    seen = {pair for labels in whole.gold.values() for pair in seen_names(labels)}
    unseen = [
        (index, place, entity, alias)
        for index, entity in enumerate(whole.entities.values())
        for place, alias in enumerate(entity.aliases if entity.id in used else ())
        if (entity.id, alias) not in seen
    ]
    # persons and accounts are labelled as speakers only, so their names stand elsewhere too
    labelled = any(labels.layers.ours("organization", "entity") for labels in whole.gold.values())
    mentioned = "organization" if labelled else None
    found = _standing(whole, {alias for _, _, entity, alias in unseen if entity.kind != mentioned})
    for index, place, entity, alias in unseen:
        if entity.kind == mentioned or alias not in found:
            message = f"no mention of {entity.id!r} reads {show(alias)}: remove the alias"
            yield Finding(f"/entities/{index}/aliases/{place}", message, path=whole.checkout.entities)


def _standing(whole: Whole, names: Set[str]) -> Set[str]:
    """Return which names stand in a text, and are no parts of words there."""
    found: set[str] = set()
    for text in whole.texts.values():
        starts = [match.start() for match in re.finditer(r"(?<!\w)", text)]
        for size in {len(name) for name in names}:
            found |= names & {text[at : at + size] for at in starts if not _in_word(text, at + size)}
    return found


def _in_word(text: str, end: int) -> bool:
    return text[end : end + 1].isalnum() or text[end : end + 1] == "_"
