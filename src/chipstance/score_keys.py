"""What a scorer counts: the columns of its table, as the layers of a corpus give them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import product

from chipstance.layers import Attribute, Layer, Layers
from chipstance.tables import NO_STANCE

Key = tuple[str, ...]
"""What is counted, such as ``("exact", "money")`` or ``("chain", "stance", "polarity")``."""

GOLD, PREDICTED, STRICT, EXACT, OVERLAP, BOUNDARY = "gold", "predicted", "strict", "exact", "overlap", "boundary"
CHAIN, ATTRIBUTE, LABEL = "chain", "attribute", "label"
REGIMES = (STRICT, EXACT, OVERLAP)
UNRESOLVED = "unresolved"
"""Label of a statement that is for and against a target at once; no gold label, so never right."""

CHAINS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "organization": {"entity": ("entity",)},
    "speaker": {"entity": ("entity",)},
    "statement": {"speaker": ("speaker",)},
    "stance": {"target": ("target",), "polarity": ("polarity",), "holder": ("holder",)},
    "money": {"bounds": ("minimum", "maximum"), "currency": ("currency",), "qualifier": ("qualifier",)},
}
"""Layer to links, in order, each with the attributes that have to be right."""


def keys(layers: Layers) -> Iterator[Key]:
    """Yield everything that is counted, in a fixed order."""
    for layer in layers:
        yield from ((name, layer.name) for name in (GOLD, PREDICTED, *REGIMES))
        yield from ((CHAIN, layer.name, link) for link in chain(layer))
        yield from ((ATTRIBUTE, layer.name, attribute.name) for attribute in scored(layer))
    yield (BOUNDARY,)
    labels = stance_labels(layers)
    yield from ((LABEL, *key) for key in product(targets(layers), labels, (*labels, UNRESOLVED)))


def scored(layer: Layer) -> tuple[Attribute, ...]:
    """Return the attributes that are scored: all but groups, whose names mean nothing."""
    return tuple(attribute for attribute in layer.attributes.values() if attribute.type != "group")


def chain(layer: Layer) -> Mapping[str, tuple[str, ...]]:
    """Return the links of a layer's chain, as far as it declares their attributes as ours have them."""
    return {link: names for link, names in CHAINS.get(layer.name, {}).items() if layer.is_ours(*names)}


def demands(layer: Layer) -> Iterator[tuple[Key, tuple[str, ...]]]:
    """Yield what is counted where spans stand in the same place, with the attributes that have to be equal."""
    yield (STRICT, layer.name), tuple(attribute.name for attribute in scored(layer))
    before: tuple[str, ...] = ()
    for link, names in chain(layer).items():
        before += names
        yield (CHAIN, layer.name, link), before


def targets(layers: Layers) -> tuple[str, ...]:
    """Return what a statement can take a stance on; nothing where a corpus has no statements or stances like ours."""
    return layers.stance_targets


def stance_labels(layers: Layers) -> tuple[str, ...]:
    """Return the labels that a statement can have for a target: the polarities, and none."""
    return (*layers["stance"].attributes["polarity"].values, NO_STANCE) if targets(layers) else ()
