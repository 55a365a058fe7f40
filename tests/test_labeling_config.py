"""The labeling page offers everything that the layers declare, and Label Studio accepts it."""

from collections import Counter
from collections.abc import Iterator
from xml.etree import ElementTree as ET

import pytest

from chipstance.folders import schema_folder
from chipstance.jsonfile import read_json
from chipstance.labeling import from_results, labeling_config, to_results
from chipstance.labeling_config import control, row_type
from chipstance.layers import Layer, Layers, parse_layers
from chipstance.model import Span

OURS = parse_layers(read_json(schema_folder() / "layers.json"))
INVENTED = parse_layers(
    {
        "entity_kinds": ["crop"],
        "layers": {
            "crop_name": {
                "description": 'What is grown & sold for <$price> "fresh".',
                "overlap": "free",
                "hotkey": "f",
                "color": "#00aa00",
                "attributes": {
                    "fresh": {"type": "boolean", "description": "Whether it is fresh.", "nullable": True},
                    "size": {"type": "choice", "values": ["full", "fair", "flat"], "description": "How big."},
                },
            },
            "crop": {
                "description": "A crop.",
                "overlap": "none",
                "attributes": {
                    "name_fresh": {"type": "entity", "kinds": ["crop"], "also": ["weed"], "description": "Which."},
                    "price": {"type": "decimal", "description": "Of a sack."},
                    "next_to": {"type": "span", "layer": "crop", "nullable": True, "description": "Its neighbour."},
                },
            },
            "trade": {
                "description": "A sale.",
                "overlap": "nested",
                "attributes": {
                    "sold": {"type": "span", "layer": "crop", "description": "What is given."},
                    "bought": {"type": "span", "layer": "crop", "description": "What is taken."},
                },
            },
        },
    }
)
MANY = parse_layers(
    {
        "entity_kinds": ["crop"],
        "layers": {
            "crop": {
                "description": "A crop.",
                "overlap": "none",
                "attributes": {
                    "kind": {"type": "choice", "values": [f"kind_{n}" for n in range(40)], "description": "Which."}
                },
            }
        },
    }
)
ALL = pytest.mark.parametrize("layers", [OURS, INVENTED, MANY], ids=["ours", "invented", "many"])


def page(layers: Layers) -> ET.Element:
    return ET.fromstring(labeling_config(layers))


def controls(layers: Layers) -> Iterator[tuple[Layer, str, str]]:
    for layer in layers:
        for attribute in layer.attributes.values():
            yield layer, control(layer, attribute), row_type(attribute)


@ALL
def test_label_studio_accepts_the_page(layers: Layers) -> None:
    interface = pytest.importorskip("label_studio_sdk.label_interface")
    parsed = interface.LabelInterface(labeling_config(layers))
    parsed.validate()
    asked = {name for _, name, kind in controls(layers) if kind != "relation"}
    assert {tag.name for tag in parsed.controls} == asked | {"label"}
    assert [tag.name for tag in parsed.objects] == ["text"]


@ALL
def test_label_studio_accepts_our_rows_as_a_prediction(layers: Layers) -> None:
    interface = pytest.importorskip("label_studio_sdk.label_interface")
    rows = to_results([Span(f"{layer.name[0]}{n}", layer.name, 0, 2, "Bo") for n, layer in enumerate(layers)], layers)
    assert interface.LabelInterface(labeling_config(layers)).validate_prediction({"result": rows})


@ALL
def test_every_layer_has_its_label_with_colour_key_and_rule(layers: Layers) -> None:
    labels = {label.get("value"): label for label in page(layers).iter("Label")}
    assert list(labels) == [layer.name for layer in layers]
    for layer in layers:
        found = labels[layer.name]
        assert (found.get("background", ""), found.get("hotkey", "")) == (layer.color, layer.hotkey)
        assert found.get("hint") == layer.description


@ALL
def test_an_attribute_shows_only_while_a_region_of_its_layer_is_selected(layers: Layers) -> None:
    tags = {tag.get("name"): tag for tag in page(layers).iter() if tag.tag in ("Choices", "TextArea")}
    asked = [(layer, name, kind) for layer, name, kind in controls(layers) if kind != "relation"]
    assert list(tags) == [name for _, name, _ in asked]
    for layer, name, kind in asked:
        tag = tags[name]
        assert tag.tag.lower() == kind
        assert (tag.get("visibleWhen"), tag.get("whenTagName")) == ("region-selected", "label")
        assert (tag.get("whenLabelValue"), tag.get("perRegion")) == (layer.name, "true")


def test_what_may_not_be_null_is_required() -> None:
    required = {tag.get("name") for tag in page(OURS).iter() if tag.get("required") == "true"}
    assert required == {
        "organization-entity",
        "speaker-mention",
        "money-currency",
        "money-qualifier",
        "statement-kind",
        "stance-target",
        "stance-polarity",
        "stance-explicit",
    }


def test_choices_are_the_value_sets() -> None:
    choices = {tag.get("name"): [choice.get("value") for choice in tag] for tag in page(OURS).iter("Choices")}
    assert choices["stance-polarity"] == ["favor", "against", "neutral"]
    assert choices["stance-explicit"] == ["true", "false"]


@ALL
def test_no_key_is_taken_twice_nor_from_label_studio(layers: Layers) -> None:
    keys = [tag.get("hotkey") for tag in page(layers).iter() if tag.get("hotkey")]
    assert Counter(keys).most_common(1)[0][1] == 1
    assert "u" not in keys


def test_the_relations_are_the_references() -> None:
    assert [tag.get("value") for tag in page(OURS).iter("Relation")] == ["speaker", "cue"]
    assert [tag.get("value") for tag in page(INVENTED).iter("Relation")] == ["next_to", "sold", "bought"]
    assert not list(page(MANY).iter("Relations"))


def test_prose_is_escaped_and_takes_no_field_of_the_task() -> None:
    shown = [str(tag.get("value")) for tag in page(INVENTED).iter("Header")]
    assert 'What is grown & sold for <$\u2060price> "fresh".' in shown
    assert not [line for line in shown if "$price" in line]


def test_rows_of_invented_layers_come_back_the_same() -> None:
    spans = (
        Span("t", "trade", 0, 12, "oats for rye", {"sold": "o", "bought": "r"}),
        Span("o", "crop", 0, 4, "oats", {"name_fresh": "oats", "price": "1.5", "next_to": "r"}),
        Span("n", "crop_name", 0, 4, "oats", {"fresh": None, "size": "flat"}),
        Span("r", "crop", 9, 12, "rye", {"name_fresh": "weed", "price": "0", "next_to": None}),
    )
    rows = to_results(spans, INVENTED)
    assert from_results(rows, "oats for rye", INVENTED) == (spans, ())
    unlabelled = [{key: part for key, part in row.items() if key != "labels"} for row in rows]
    found, faults = from_results(unlabelled, "oats for rye", INVENTED)
    assert {span.id: span.attributes for span in found}["o"]["next_to"] == "r"
    assert any("label the relation sold or bought" in fault.message for fault in faults)


def test_between_two_spans_of_one_layer_the_direction_tells() -> None:
    spans = (
        Span("o", "crop", 0, 4, "oats", {"name_fresh": "oats", "price": "1.5", "next_to": "r"}),
        Span("r", "crop", 9, 12, "rye", {"name_fresh": "weed", "price": "0", "next_to": None}),
    )
    rows = to_results(spans, INVENTED)
    turned = [*rows[:-1], rows[-1] | {"from_id": "r", "to_id": "o", "direction": "left"}]
    assert from_results(turned, "oats for rye", INVENTED) == (spans, ())
