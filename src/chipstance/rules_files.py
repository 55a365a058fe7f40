"""Rules about articles, edits, the registry and the layers, each file by itself."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

from chipstance.corpus import parse_edits
from chipstance.digests import sha256
from chipstance.edits import edit_errors
from chipstance.faults import show
from chipstance.jsonfile import is_missing
from chipstance.layers import Layers, parse_layers
from chipstance.locate import escape
from chipstance.rules import Finding, Labels, declare, others, rule

Json = Any
JOINERS = "\u200c\u200d"
NUL = "\0"
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class JsonFile:
    """A file that its schema accepts.

    Attributes:
        path: where it stands.
        data: its content.
        raw: for edits: the article, as received.
        digest: for edits: the article's true digest.
    """

    path: Path
    data: Json
    raw: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class ArticleText:
    """An article and the text that its edits make.

    Attributes:
        raw: as received.
        text: after the edits.
        to_raw: carries an offset from text to raw.
    """

    raw: str
    text: str
    to_raw: Any


@rule("text-nfc", "article")
def text_nfc(article: ArticleText) -> Iterator[Finding]:
    """An article's text is in Unicode normalization form C, so that quotations of it are found."""
    text = article.text
    if not unicodedata.is_normalized("NFC", text):
        place = next((i for i, (a, b) in enumerate(zip(text, _nfc(text), strict=False)) if a != b), len(text) - 1)
        message = f"near {show(text[max(0, place - 10) : place + 10])} the text is not in NFC: take the article in NFC"
        yield Finding("", f"{message}, or record an edit", at=article.to_raw(place).offset)


@rule("text-line-ends", "article")
def text_line_ends(article: ArticleText) -> Iterator[Finding]:
    """A text has one kind of line end, and no lone carriage return."""
    ends = list(_LINE_END.finditer(article.text))
    odd = [end for end in ends if end[0] == "\r" or end[0] != ends[0][0]]
    if odd:
        others = f", others with {show(ends[0][0])}" if odd[0][0] != ends[0][0] else ""
        message = f"a line ends with {show(odd[0][0])}{others}: take the article with one kind, \\n or \\r\\n"
        yield Finding("", f"{message}, or record an edit", at=article.to_raw(odd[0].start()).offset)


@rule("text-control", "article")
def text_control(article: ArticleText) -> Iterator[Finding]:
    """A text has no byte order mark and no control character but tabs and line ends."""
    for character in dict.fromkeys(article.text):
        if _is_control(character) and character not in ("\t", "\r", "\n", NUL):
            yield _to_remove(article, character, f"U+{ord(character):04X} is a control character")


@rule("text-nul", "article")
def article_nul(article: ArticleText) -> Iterator[Finding]:
    """A text holds no NUL: much that reads texts takes it for the end."""
    if NUL in article.text:
        yield _to_remove(article, NUL, "U+0000 ends the text for much that reads it")


def _to_remove(article: ArticleText, character: str, wrong: str) -> Finding:
    place = article.to_raw(article.text.find(character)).offset
    return Finding("", f"{wrong}{_more(article.text, character)}: record an edit that removes it", at=place)


@rule("text-nul", "documents")
def document_nul(labels: Labels) -> Iterator[Finding]:
    """A text holds no NUL: much that reads texts takes it for the end."""
    if NUL in labels.text:
        message = f"code point {labels.text.find(NUL)} is U+0000, which ends the text for much that reads it"
        mend = "put a space in its place, which leaves all offsets as they are"
        yield Finding("/text", f"{message}{_more(labels.text, NUL)}: {mend}")


def _more(text: str, character: str) -> str:
    others = text.count(character) - 1
    return f" (it stands {others} times more)" if others else ""


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _is_unseen(character: str) -> bool:
    """Tell whether a character can't be seen, such as a change of direction; joiners shape what stands beside them."""
    return unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp") and character not in JOINERS


def _is_control(character: str) -> bool:
    return unicodedata.category(character) == "Cc" or character == "\ufeff"


for _rule, _reason in {
    "edit-out-of-range": "An edit lies inside its article.",
    "edit-order": "Edits are sorted by start.",
    "edit-overlap": "Edits do not overlap.",
}.items():
    declare(_rule, _reason)


def edit_findings(file: JsonFile) -> Iterator[tuple[str, Finding]]:
    """Yield what keeps edits from being applied, with the id of the rule."""
    for error in edit_errors(file.raw, parse_edits(file.data)):
        yield error.rule, Finding(f"/edits/{error.index}", str(error))


@rule("edit-no-change", "edits")
def edit_no_change(file: JsonFile) -> Iterator[Finding]:
    """An edit changes something."""
    for index, edit in enumerate(parse_edits(file.data)):
        fits = edit.start < edit.end <= len(file.raw) and len(edit.replacement) == edit.end - edit.start
        if fits and file.raw.startswith(edit.replacement, edit.start):
            message = f"{show(edit.replacement)} stands there already: remove the edit"
            yield Finding(f"/edits/{index}/replacement", message)


@rule("article-digest", "edits")
def edits_digest(file: JsonFile) -> Iterator[Finding]:
    """An article is the file that its digest was taken from."""
    declared = file.data["article_sha256"]
    if file.digest and declared != file.digest:
        message = f"the article's digest is {file.digest}, but the edits were made for {declared}"
        yield Finding("/article_sha256", f"{message}: put the article back, or record the edits again")


@rule("file-name", "edits")
def edits_file_name(file: JsonFile) -> Iterator[Finding]:
    """A file stands where its content says: under its document's id, in its annotator's folder."""
    if file.path.stem != file.data["doc"]:
        yield of_other_name(file.path, file.data["doc"])


def of_other_name(path: Path, doc: str) -> Finding:
    """Return that a file has another name than its document."""
    right = path.with_name(f"{doc}.json")
    taken = right.name.casefold() != path.name.casefold() and not is_missing(right)
    mend = f"remove it if it is a copy of {right.name}, or write the doc that it is about" if taken else ""
    return Finding("/doc", f"doc is {doc!r}, but the file is {path.name}: {mend or 'rename one of them'}")


@rule("file-name", "round")
def round_file_name(file: JsonFile) -> Iterator[Finding]:
    """A round's file stands in the folder of its number."""
    if file.path.parent.name != str(file.data["round"]):
        message = f"round is {file.data['round']}, but the folder is {file.path.parent.name}: change one of them"
        yield Finding("/round", message)


@rule("id-duplicate", "round")
def annotator_duplicate(file: JsonFile) -> Iterator[Finding]:
    """An id stands once."""
    seen: set[str] = set()
    for index, entry in enumerate(file.data["annotators"]):
        if entry["id"] in seen:
            yield Finding(f"/annotators/{index}/id", f"{entry['id']!r} stands there already: remove one of them")
        seen.add(entry["id"])


@rule("string-form", "adjudication")
@rule("string-form", "round")
@rule("string-form", "articles")
@rule("string-form", "entities")
@rule("string-form", "edits")
def string_form(file: JsonFile) -> Iterator[Finding]:
    """Strings are in NFC, without white space at their ends, and with nothing in them that can't be seen."""
    for pointer, text in _strings(file.data):
        free = pointer.endswith(("/replacement", "/text"))
        if not unicodedata.is_normalized("NFC", text):
            yield Finding(pointer, f"{show(text)} is not in NFC: write {show(_nfc(text))} with composed characters")
        elif not free and (text != text.strip() or any(map(_is_unseen, text))):
            message = f"{show(text)} has white space at an end, or a character that can't be seen: remove it"
            yield Finding(pointer, message)


def _strings(value: Json, pointer: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield pointer, value
    items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, child in items:
        yield from _strings(child, f"{pointer}/{escape(key)}")


@rule("id-duplicate", "articles")
def article_id_duplicate(file: JsonFile) -> Iterator[Finding]:
    """An id stands once."""
    return _duplicates(file.data["articles"], "articles")


@rule("id-duplicate", "entities")
def entity_id_duplicate(file: JsonFile) -> Iterator[Finding]:
    """An id stands once."""
    return _duplicates(file.data["entities"], "entities")


def _duplicates(entries: list[Json], name: str) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for index, entry in enumerate(entries):
        first = seen.setdefault(entry["id"], index)
        if first != index:
            mend = "the two are the same: remove one" if entry == entries[first] else "choose another"
            yield Finding(f"/{name}/{index}/id", f"id {entry['id']!r} is taken by entry {first}: {mend}")


@rule("article-date", "articles")
def article_date(file: JsonFile) -> Iterator[Finding]:
    """A stated date is a day of the calendar."""
    for index, entry in enumerate(file.data["articles"]):
        try:
            date.fromisoformat(entry["date"] or "2025-01-01")
        except ValueError:
            message = f"{entry['date']} is no day of the calendar: write the date that the text states, or null"
            yield Finding(f"/articles/{index}/date", message)


@rule("entity-order", "entities")
def entity_order(file: JsonFile) -> Iterator[Finding]:
    """The registry is sorted by id."""
    pairs = enumerate(pairwise(file.data["entities"]), start=1)
    misplaced = [(index, one["id"], other["id"]) for index, (one, other) in pairs if other["id"] < one["id"]]
    for index, one, other in misplaced[:1]:
        message = f"{other!r} belongs before {one!r}: sort the entries by id{others(len(misplaced))}"
        yield Finding(f"/entities/{index}/id", message)


@rule("entity-duplicate", "entities")
def entity_duplicate(file: JsonFile) -> Iterator[Finding]:
    """One person, organization or account has one entry."""
    seen: dict[tuple[str, str], str] = {}
    for index, entry in enumerate(file.data["entities"]):
        first = seen.setdefault((entry["kind"], entry["name"].casefold()), entry["id"])
        if first != entry["id"]:
            message = f"{entry['name']!r} is the {entry['kind']} {first!r} already: merge the two entries"
            yield Finding(f"/entities/{index}/name", message)


@rule("layers-reference", "layers")
def layers_reference(file: JsonFile) -> Iterator[Finding]:
    """What layers.json refers to, it declares: layers, attributes and entity kinds."""
    layers = parse_layers(file.data)
    for layer in layers:
        if layer.apart_by and layer.apart_by not in layer.attributes:
            mend = (
                f"name one of {', '.join(layer.attributes)}" if layer.attributes else "declare it, as it has none yet"
            )
            message = f"{layer.apart_by!r} is no attribute of {layer.name}: {mend}"
            yield Finding(f"/layers/{layer.name}/apart_by", message)
        yield from _attribute_references(layers, layer.name)


def _attribute_references(layers: Layers, name: str) -> Iterator[Finding]:
    for attribute in layers[name].attributes.values():
        pointer = f"/layers/{name}/attributes/{attribute.name}"
        if attribute.layer and layers.get(attribute.layer) is None:
            yield Finding(f"{pointer}/layer", f"no layer is called {attribute.layer!r}: declare it, or name another")
        for index, kind in enumerate(attribute.kinds):
            if kind not in layers.entity_kinds:
                yield Finding(f"{pointer}/kinds/{index}", f"{kind!r} is not among entity_kinds: add it there")


@rule("layers-hotkey", "layers")
def layers_hotkey(file: JsonFile) -> Iterator[Finding]:
    """Every layer has a key of its own in the labeling interface."""
    seen: dict[str, str] = {}
    for layer in parse_layers(file.data):
        first = seen.setdefault(layer.hotkey, layer.name) if layer.hotkey else layer.name
        if first != layer.name:
            yield Finding(
                f"/layers/{layer.name}/hotkey", f"hotkey {layer.hotkey!r} is taken by {first}: choose another"
            )


def article_digest_finding(path: Path, index: int, declared: str, data: bytes) -> Iterator[Finding]:
    """Yield a finding in ``articles.json`` where an article's bytes are not those it was listed with."""
    if sha256(data) != declared:
        message = f"{path.name} has the digest {sha256(data)}, but {declared} is listed"
        yield Finding(f"/articles/{index}/sha256", f"{message}: put the article back, or list its digest")
