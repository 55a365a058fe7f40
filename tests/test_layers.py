"""Layers as layers.json declares them, and the schema they make."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft202012Validator

from chipstance.folders import schema_folder
from chipstance.layers import Attribute, attribute_schema, layers_schema, parse_layers

DATA = json.loads((schema_folder() / "layers.json").read_text("utf-8"))
LAYERS = parse_layers(DATA)


def test_layers_keep_their_declared_order() -> None:
    assert [layer.name for layer in LAYERS] == list(DATA["layers"])
    assert [list(layer.attributes) for layer in LAYERS] == [list(v["attributes"]) for v in DATA["layers"].values()]


def test_a_layer_is_found_by_name() -> None:
    assert LAYERS["stance"].apart_by == "target"
    assert LAYERS.get("place") is None


def test_references() -> None:
    assert [attribute.name for attribute in LAYERS["statement"].references("span")] == ["speaker", "cue"]
    assert list(LAYERS["cue"].references("entity")) == []


@pytest.mark.parametrize(
    ("attribute", "good", "bad"),
    [
        (Attribute("a", "choice", "", values=("x", "y")), ["x"], ["z", None, True]),
        (Attribute("a", "choice", "", nullable=True, values=("x",)), ["x", None], ["z"]),
        (Attribute("a", "boolean", ""), [True, False], [None, 1, "true"]),
        (Attribute("a", "currency", ""), ["USD"], ["usd", "US", "USDX", None]),
        (Attribute("a", "decimal", "", nullable=True), ["0", "0.5", "1000000", None], ["01", "1.0", "1e6", "-1", 1]),
        (Attribute("a", "entity", ""), ["ada-quill", "a1"], ["Ada", "a--b", "-a", "a_b", "", None]),
        (Attribute("a", "group", "", nullable=True), ["keep-open", None], ["Keep open"]),
        (Attribute("a", "span", ""), ["p1"], [None, 1]),
    ],
)  # fmt: skip
def test_attribute_schema(attribute: Attribute, good: list[object], bad: list[object]) -> None:
    validator = Draft202012Validator(attribute_schema(attribute))
    assert [value for value in good if not validator.is_valid(value)] == []
    assert [value for value in bad if validator.is_valid(value)] == []


@pytest.mark.parametrize("complete", [True, False])
def test_layers_schema_ties_attributes_to_their_layer(complete: bool) -> None:
    validator = Draft202012Validator(layers_schema(LAYERS, complete=complete))
    assert validator.is_valid({"layer": "cue", "attributes": {}})
    assert validator.is_valid({"layer": "organization", "attributes": {"entity": "a"}})
    assert not validator.is_valid({"layer": "cue", "attributes": {"entity": "a"}})
    assert not validator.is_valid({"layer": "organization", "attributes": {"entity": "A"}})
    assert not validator.is_valid({"layer": "place", "attributes": {}})
    assert validator.is_valid({"layer": "organization", "attributes": {}}) is not complete
