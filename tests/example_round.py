"""An invented round: Ann's labels are the example's gold labels, Ben's differ in ways that can be counted by hand."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

DOCS = ("harbor", "mill")
Spans = list[dict[str, Any]]


def make_round(checkout: Path) -> Path:
    """Write round 1 into a checkout and return its folder."""
    folder = checkout / "annotations" / "rounds" / "1"
    for doc in DOCS:
        gold = json.loads((checkout / "annotations" / "gold" / f"{doc}.json").read_text("utf-8"))
        write(folder, "ann", gold, gold["spans"])
        write(folder, "ben", gold, bens(doc, gold["spans"]))
    write(folder, "adjudication", {"doc": "harbor"}, [])
    return folder


def write(folder: Path, annotator: str, like: dict[str, Any], spans: Iterable[dict[str, Any]]) -> Path:
    """Write a label file that is like another, with other spans."""
    path = folder / annotator / f"{like['doc']}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**like, "annotator": annotator, "spans": list(spans)}, ensure_ascii=False), "utf-8")
    return path


def bens(doc: str, spans: Spans) -> Spans:
    """Return spans as Ben labels them, under ids of his own."""
    by_id = {span["id"]: json.loads(json.dumps(span)) for span in spans}
    (harbors if doc == "harbor" else mills)(by_id)
    for span in by_id.values():
        span["id"] = f"b-{span['id']}"
        links = {"speaker", "cue"} & set(span["attributes"]) if span["layer"] == "statement" else set()
        for name in links:
            target = span["attributes"][name]
            span["attributes"][name] = target and f"b-{target}"
    return sorted(by_id.values(), key=lambda s: (s["start"], -s["end"], s["layer"], s["id"]))


def harbors(spans: dict[str, Any]) -> None:
    """One stance span less, one organization more, two boundaries, five attributes."""
    del spans["t2"]
    spans["o9"] = {"layer": "organization", "start": 383, "end": 394, "text": "HarborWatch"}
    spans["o9"] |= {"id": "o9", "attributes": {"entity": "harborwatch"}}
    spans["c3"] |= {"end": 189, "text": "According"}
    spans["q3"] |= {"start": 150, "end": 178, "text": "keep the best looms at home."}
    spans["q3"]["attributes"]["kind"] = "indirect"
    spans["t3"]["attributes"]["polarity"] = "neutral"
    spans["p4"]["attributes"]["entity"] = None
    spans["m1"]["attributes"]["qualifier"] = "exact"
    spans["q4"]["attributes"]["utterance"] = None


def mills(spans: dict[str, Any]) -> None:
    """One other speaker of a statement, other groups of utterances."""
    spans["q6"]["attributes"]["speaker"] = "p5"
    spans["q1"]["attributes"]["utterance"] = spans["q2"]["attributes"]["utterance"] = "said-twice"
