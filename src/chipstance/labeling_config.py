"""The page that annotators label in: Label Studio's XML, generated from the layers."""

from __future__ import annotations

from collections.abc import Iterator
from string import ascii_lowercase
from xml.etree import ElementTree as ET

from chipstance.layers import Attribute, Layer, Layers

LABEL = "label"
"""Name of the control that gives a region its layer."""

TEXT = "text"
"""Name of the object that regions stand on."""

_UNSELECT = "u"  # Label Studio's own key
_WORD_JOINER = "\u2060"
_EXAMPLES = {"entity": "jane-roe", "group": "roe-on-harvest", "currency": "USD", "decimal": "4700000000"}

_TITLE = "font-size: 15px; line-height: 20px; font-weight: 600; margin: 10px 0 0 0"
_PLAIN = "font-size: 13px; line-height: 18px; font-weight: 400; margin: 2px 0 0 0"

# The classes that begin with lsf- and ant- are Label Studio's own.
_STYLE = """
.cs-bar { position: sticky; top: 0; z-index: 5; padding: 8px 0; background: var(--color-neutral-background, #fff); }
.cs-page { display: flex; gap: 24px; align-items: flex-start; }
.cs-text { flex: 1 1 0; min-width: 0; padding-left: 24px; }
.cs-text .lsf-richtext__line { font-size: 16px; line-height: 30px; white-space: pre-wrap; }
.cs-side { flex: 0 0 clamp(220px, 30%, 320px); position: sticky; top: 84px; }
.cs-side { max-height: calc(100vh - 240px); overflow-y: auto; }
.cs-side .lsf-choices { margin: 2px 0 0 0; }
.cs-side .lsf-choice, .cs-side .lsf-choice__item, .cs-side .lsf-choice__checkbox { line-height: 26px; }
.cs-side .ant-form-item { margin: 0; }
"""


def control(layer: Layer, attribute: Attribute) -> str:
    """Return the name of an attribute's control; names of layers and attributes hold no hyphen, so it is unique."""
    return f"{layer.name}-{attribute.name}"


def row_type(attribute: Attribute) -> str:
    """Return the type of the result rows that hold an attribute: ``choices``, ``textarea`` or ``relation``."""
    return {"choice": "choices", "boolean": "choices", "span": "relation"}.get(attribute.type, "textarea")


def labeling_config(layers: Layers) -> str:
    """Return the labeling configuration: a bar of layers, the text, and a side panel for the selected region.

    A layer's rule and attributes show while a region of it is selected, and all rules while none is. What may not be
    null is required on submission. Each choice has a key of its own.
    """
    root = ET.Element("View")
    ET.SubElement(root, "Style").text = _STYLE
    _relations(root, layers)
    _labels(ET.SubElement(root, "View", className="cs-bar"), layers)
    page = ET.SubElement(root, "View", className="cs-page")
    text = ET.SubElement(page, "View", className="cs-text")
    ET.SubElement(text, "Text", name=TEXT, value="$text", granularity="symbol")
    _side(ET.SubElement(page, "View", className="cs-side"), layers)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode") + "\n"


def _relations(parent: ET.Element, layers: Layers) -> None:
    names = dict.fromkeys(attribute.name for layer in layers for attribute in layer.references("span"))
    relations = ET.SubElement(parent, "Relations", choice="single") if names else parent
    for name in names:
        ET.SubElement(relations, "Relation", value=name)


def _labels(parent: ET.Element, layers: Layers) -> None:
    labels = ET.SubElement(parent, "Labels", name=LABEL, toName=TEXT, choice="single", showInline="true")
    for layer in layers:
        looks = {"value": layer.name, "background": layer.color, "hotkey": layer.hotkey, "hint": layer.description}
        ET.SubElement(labels, "Label", {key: value for key, value in looks.items() if value})


def _side(parent: ET.Element, layers: Layers) -> None:
    rules = ET.SubElement(parent, "View", visibleWhen="no-region-selected")
    _header(rules, "Choose a layer by its key, then drag over the text. Click a region to set its attributes.", _PLAIN)
    for layer in layers:
        _rule(rules, layer)
    keys = _choice_keys(layers)
    for layer in layers:
        selected = ET.SubElement(parent, "View", _when(layer))
        _rule(selected, layer)
        for attribute in layer.attributes.values():
            _attribute(selected, layer, attribute, keys)


def _when(layer: Layer) -> dict[str, str]:
    return {"visibleWhen": "region-selected", "whenTagName": LABEL, "whenLabelValue": layer.name}


def _rule(parent: ET.Element, layer: Layer) -> None:
    edge = f"; border-left: 6px solid {layer.color}; padding-left: 8px" if layer.color else ""
    _header(parent, layer.name, _TITLE + edge)
    _header(parent, layer.description, _PLAIN.replace("2px 0 0 0", "0") + edge)


def _header(parent: ET.Element, text: str, style: str) -> None:
    """Add a line of text. Label Studio would take ``$word`` for a field of the task: a word joiner stops it."""
    ET.SubElement(parent, "Header", value=text.replace("$", f"${_WORD_JOINER}"), size="5", style=style)


def _attribute(parent: ET.Element, layer: Layer, attribute: Attribute, keys: dict[str, str]) -> None:
    _header(parent, attribute.name, _TITLE)
    _header(parent, attribute.description, _PLAIN)
    kind = row_type(attribute)
    if kind == "relation":
        _header(parent, f"→ press Alt+R, then click the {attribute.layer}.", _PLAIN)
        return
    name = control(layer, attribute)
    common = {"name": name, "toName": TEXT, "perRegion": "true"} | _when(layer)
    if not attribute.nullable:
        common |= {"required": "true", "requiredMessage": f"This {layer.name} has no {attribute.name}."}
    if kind == "choices":
        choices = ET.SubElement(parent, "Choices", common, choice="single", showInline="true")
        for value in _values(attribute):
            key = keys.get(f"{name}-{value}")
            ET.SubElement(choices, "Choice", {"value": value} | ({"hotkey": key} if key else {}))
    else:
        nothing = ("nothing",) if attribute.nullable else ()
        example = "say " + " or ".join((_EXAMPLES[attribute.type], *attribute.also, *nothing))
        ET.SubElement(parent, "TextArea", common, placeholder=example, maxSubmissions="1", editable="true")


def _values(attribute: Attribute) -> tuple[str, ...]:
    return attribute.values or ("true", "false")


def _choice_keys(layers: Layers) -> dict[str, str]:
    """Give each choice a letter of its own: one that begins a word of it, else one in it, else any that is free."""
    free = [
        key for key in reversed(ascii_lowercase) if key != _UNSELECT and key not in {layer.hotkey for layer in layers}
    ]
    keys = {}
    for name, value in _choices(layers):
        word = {"true": "yes", "false": "no"}.get(value, value)
        initials = "".join(part[:1] for part in word.split("_"))
        wanted = [key for key in initials + word if key in free] or free
        if wanted:
            keys[f"{name}-{value}"] = wanted[0]
            free.remove(wanted[0])
    return keys


def _choices(layers: Layers) -> Iterator[tuple[str, str]]:
    for layer in layers:
        for attribute in layer.attributes.values():
            if row_type(attribute) == "choices":
                yield from ((control(layer, attribute), value) for value in _values(attribute))
