"""The border to Label Studio: our labels as its tasks and result rows, and its exports as our labels.

Nothing here talks to a server; see ``label_studio``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from chipstance.digests import sha256
from chipstance.labeling_config import LABEL, TEXT, control, labeling_config, row_type
from chipstance.labeling_rows import Fault, from_results, with_ids
from chipstance.layers import Layer, Layers
from chipstance.model import Document, Span

__all__ = [
    "Fault",
    "Labelled",
    "LeftOut",
    "from_results",
    "labeling_config",
    "left_out",
    "make_task",
    "read_export",
    "to_results",
]

Json = Any


@dataclass(frozen=True, slots=True)
class Labelled:
    """One annotator's submitted labels of one task.

    Attributes:
        doc: the document's id.
        text: the text that was labelled.
        text_sha256: its digest.
        annotator: who labelled it.
        spans: the labels, in reading order.
        faults: what the annotation says that our files can't hold.
        task: Label Studio's number of the task.
        annotation: Label Studio's number of the annotation.
    """

    doc: str
    text: str
    text_sha256: str
    annotator: str
    spans: tuple[Span, ...]
    faults: tuple[Fault, ...]
    task: int
    annotation: int


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What an export holds that is no submitted annotation.

    Attributes:
        skipped: how many annotations were cancelled with Skip.
        drafts: how many drafts were never submitted.
    """

    skipped: int
    drafts: int


def make_task(doc: str, text: str, text_sha256: str, prediction: Document | None, layers: Layers) -> dict[str, Json]:
    """Return a task to import, with a document's labels as pre-annotation where they are given.

    Raises:
        KeyError: a label's layer or attribute is not declared.
        ValueError: the pre-annotation is for another text, or its labels can't be written (see ``to_results``).
    """
    data = {"doc": doc, "text": text, "text_sha256": text_sha256}
    if prediction is None:
        return {"data": data, "predictions": []}
    if prediction.text != text:
        raise ValueError(f"{doc}: the pre-annotation was made for another text: leave it out, or make it again")
    result = to_results(prediction.spans, layers)
    return {"data": data, "predictions": [{"model_version": prediction.annotator, "result": result}]}


def to_results(spans: Sequence[Span], layers: Layers) -> list[dict[str, Any]]:
    """Return the rows of one annotation: regions with their values in reading order, then the relations.

    A span's id becomes its region's id; a span without one (in predictions) gets a fresh one. Null is no row.

    Raises:
        KeyError: a layer or an attribute is not declared.
        ValueError: two spans have the same id, or a span refers to one that is not there.
    """
    named = with_ids(spans, layers)
    ids = {span.id for span in named}
    if len(ids) < len(named):
        raise ValueError("two spans have the same id: rename one of them")
    rows = [row for span in named for row in _region(span, layers[span.layer])]
    return rows + [row for span in named for row in _relations(span, layers[span.layer], ids)]


def _region(span: Span, layer: Layer) -> Iterator[dict[str, Any]]:
    place = {"start": span.start, "end": span.end, "text": span.text}
    yield _row(span.id, LABEL, "labels", place | {"labels": [layer.name]})
    for name, value in span.attributes.items():
        attribute = layer.attributes[name]
        if value is None or attribute.type == "span":
            continue
        kind = row_type(attribute)
        written = json.dumps(value) if isinstance(value, bool) else value
        given = {"choices" if kind == "choices" else "text": [written]}
        yield _row(span.id, control(layer, attribute), kind, place | given)


def _row(region: str, from_name: str, kind: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"id": region, "from_name": from_name, "to_name": TEXT, "type": kind, "value": value}


def _relations(span: Span, layer: Layer, ids: set[str]) -> Iterator[dict[str, Any]]:
    for attribute in layer.references("span"):
        target = span.attributes.get(attribute.name)
        if target is None:
            continue
        if target not in ids:
            raise ValueError(f"{span.id} refers to {target!r} as its {attribute.name}, but no span has this id")
        ends = {"from_id": span.id, "to_id": target}
        yield {"type": "relation", **ends, "direction": "right", "labels": [attribute.name]}


def read_export(data: Json, layers: Layers, names: Mapping[int | str, str] | None = None) -> list[Labelled]:
    """Return every submitted annotation of a raw JSON export, in the export's order.

    Annotations cancelled with Skip, drafts and predictions are no labels; ``left_out`` counts them. Where an annotator
    has several annotations of one document, all but the first get a Fault.

    Args:
        data: the export as parsed JSON.
        layers: what is annotated.
        names: annotators by Label Studio's number or e-mail address of the user; others are called by the local part
            of their address, or ``user-7`` where the export gives a number only.

    Raises:
        ValueError: this is no such export, a task is not from a round, or two users would have the same name.
    """
    users: dict[str, Json] = {}
    found: dict[tuple[str, str], int] = {}
    labelled = []
    for task, annotation in _submitted(_tasks(data)):
        item = _labelled(task, annotation, layers, names or {})
        user = _user(annotation)
        if users.setdefault(item.annotator, user) != user:
            raise ValueError(f"users {users[item.annotator]} and {user} are both called {item.annotator}: name them")
        first = found.setdefault((item.doc, item.annotator), item.annotation)
        labelled.append(item if first == item.annotation else _repeated(item, first))
    return labelled


def left_out(data: Json) -> LeftOut:
    """Count what an export holds beside submitted annotations.

    Raises:
        ValueError: as for ``read_export``.
    """
    tasks = _tasks(data)
    annotations = sum(len(task["annotations"]) for task in tasks)
    drafts = sum(len(task.get("drafts") or ()) for task in tasks)
    return LeftOut(annotations - len(list(_submitted(tasks))), drafts)


def _submitted(tasks: Sequence[Json]) -> Iterator[tuple[Json, Json]]:
    for task in tasks:
        yield from ((task, entry) for entry in task["annotations"] if not entry.get("was_cancelled"))


def _tasks(data: Json) -> list[Json]:
    """Return an export's tasks, each with a document, a text and annotations."""
    if not isinstance(data, list) or not all(map(_is_task, data)):
        raise ValueError(
            "this is no raw export of Label Studio, which is a list of tasks with data and annotations: "
            "export again, in the format JSON (not JSON-MIN, CSV, …)"
        )
    for task in data:
        missing = [key for key in ("doc", "text") if not isinstance(task["data"].get(key), str)]
        if missing:
            raise ValueError(f"task {task.get('id')} has no data.{missing[0]}: export a project that a round has made")
    return data


def _is_task(task: Json) -> bool:
    """Tell whether this is a task as the format JSON writes it."""
    if not isinstance(task, dict) or not isinstance(task.get("data"), dict):
        return False
    annotations = task.get("annotations")
    return isinstance(annotations, list) and all(map(_is_annotation, annotations))


def _is_annotation(entry: Json) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("result"), list)


def _labelled(task: Json, annotation: Json, layers: Layers, names: Mapping[int | str, str]) -> Labelled:
    data = task["data"]
    digest = sha256(data["text"])
    spans, faults = from_results(annotation["result"], data["text"], layers)
    if data.get("text_sha256", digest) != digest:
        stated = Fault("", f"the task's text has the digest {digest}, not {data['text_sha256']}: import the task again")
        faults = (stated, *faults)
    return Labelled(
        doc=data["doc"],
        text=data["text"],
        text_sha256=digest,
        annotator=_annotator(annotation, names),
        spans=spans,
        faults=faults,
        task=task.get("id", 0),
        annotation=annotation.get("id", 0),
    )


def _repeated(item: Labelled, first: int) -> Labelled:
    message = f"{item.annotator} has another annotation of {item.doc}, {first}: delete one of them"
    return replace(item, faults=(Fault("", message), *item.faults))


def _user(annotation: Json) -> Json:
    by = annotation.get("completed_by")
    return by.get("id") if isinstance(by, dict) else by


def _annotator(annotation: Json, names: Mapping[int | str, str]) -> str:
    by, user = annotation.get("completed_by"), _user(annotation)
    email = str(by.get("email") or "") if isinstance(by, dict) else ""
    for key in (user, email):
        if isinstance(key, int | str) and key in names:
            return names[key]
    local = re.sub("[^a-z0-9]+", "-", email.partition("@")[0].lower()).strip("-")
    return local or f"user-{user or 'unknown'}"
