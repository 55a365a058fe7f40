"""The rule baseline: patterns, word lists, and the names that the validation split's gold labels hold.

It was written from the validation article, the annotation guidelines and general knowledge, without a look at the
test articles or their labels. An amount's bounds, currency and qualifier are read by the library's own reader
(``chipstance.amounts``), which the validator uses too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from chipstance.amounts import CONTEXT, decimal_text, read_amount
from chipstance.model import Document, Span, Value, by_position
from chipstance.textunits import Unit, paragraphs

CUES = """
said says wrote writes posted posts tweeted told tells argued argues claimed claims suggested suggests noted notes
commented comments called calls described describes added adds explained explains stated states warned warns praised
praises criticized criticizes acknowledged acknowledges admitted admits believes believed thinks predicted predicts
stressed stresses emphasized insisted insists asked replied declared remarked concluded
""".split()  # noqa: SIM905 - a list to read
TITLES = """
CEO CTO CFO COO President Chairman Chancellor Professor Prof Dr Mr Mrs Ms Senator Journalist Founder
""".split()  # noqa: SIM905
OPENERS = """
But And Yet However Meanwhile In On At As While When After Before Since If Although Earlier Later Also Then Still
""".split()  # noqa: SIM905
PRONOUNS = ("he", "she", "they", "who")
BARE = ("critics", "experts", "analysts", "observers", "researchers", "investors", "others", "some")
DETERMINERS = ("the", "a", "an", "many", "some", "several", "most", "other")

TARGETS = {
    "export_controls": r"\b(?:(?:export|chip) (?:controls?|restrictions?|bans?|curbs?)|sanctions|bans)\b",
    "open_source": r"\bopen[- ](?:sourc(?:e|ed|ing)|research|weights?)\b",
}
SIDES = {
    "favor": r"\b(?:benefits?|everyone|surpass\w*|wins?|winning|good|great|better|embrac\w+|advantages?|powerful)\b",
    "against": r"\b(?:pushing|backfir\w+|fail\w*|mistakes?|harm\w*|dangerous|ineffective|counterproductive|wrong)\b",
}
"""Words that take a side: of the first kind found."""


def _any(words: Iterable[str]) -> str:
    return "|".join(words)


OPEN, CLOSE = '“"', '”"'
QUOTE = r"(?:“[^“”]+”|\"[^\"]+\")"
SENTENCE_END = re.compile(rf"(?<!\b[A-Z])(?<!Mr|Ms|Dr)(?<!Mrs|Jan|Inc)[.?!]+[{CLOSE}]?(?=\s+[A-Z{OPEN}]|\s*$)")
CUE = re.compile(rf"\b(?:{_any(CUES)}|[Aa]ccording to)\b")
SHORT = 5
"""Fewer words behind a clause say where or when, not what."""
NAMES = r"[A-Z][\w-]*(?: [A-Z][\w-]*){0,4}"
ADVERBS = r"(?:\s(?:has|have|had|also|later|then|recently|repeatedly))*"
NAME_BEFORE = re.compile(rf"\b({NAMES})(?:,\s[^,“”\"]+,)?{ADVERBS}\s$")
PRONOUN_BEFORE = re.compile(rf"\b({_any(PRONOUNS)}),?{ADVERBS}\s$", re.IGNORECASE)
PHRASE_BEFORE = re.compile(rf"\b((?:{_any(DETERMINERS)})(?: [\w’-]+){{1,4}}?|{_any(BARE)}){ADVERBS}\s$", re.IGNORECASE)
SPEAKER_AFTER = re.compile(rf"\s((?i:{_any(PRONOUNS)})\b|(?:the )?{NAMES})")
OBJECT = re.compile(rf"\s(?:it|this|that|them|him|her|{NAMES})(?=\s)")
PRODUCT = r"(?![-\w]| ?[A-Za-z]{0,2}-?\d)"

NUMBER = r"\d[\d,]*(?:\.\d+)?"
SCALE = r"(?:\s?(?:thousand|million|billion|trillion)\b|[KMBT]\b|bn\b)"
SIGNED = rf"(?:US)?[$€£¥]\s?{NUMBER}{SCALE}?"
COUNT = r"(?:tens|hundreds|thousands|millions|billions|trillions)"
MONEY = re.compile(
    rf"{SIGNED}(?:\s?[-–]\s?[$€£¥]?{NUMBER}{SCALE}?)?"
    rf"|\b{COUNT}(?: (?:or even|of) {COUNT})* of (?:dollars|euros|pounds|yuan)\b"
    rf"|\b{NUMBER}{SCALE}? (?:dollars|euros|pounds|yuan)\b"
)


@dataclass(frozen=True, slots=True)
class Names:
    """What the validation split teaches: each name that stands there, with its entity."""

    organizations: Mapping[str, str]
    speakers: Mapping[str, str]


def learn_names(validation: Iterable[Document]) -> Names:
    """Return the names of organizations and speakers in gold labels; a person's last name stands for the person."""
    spans = [span for document in validation for span in document]
    organizations = {s.text: str(s.attributes["entity"]) for s in spans if s.layer == "organization"}
    speakers = {
        s.text: str(s.attributes["entity"]) for s in spans if s.layer == "speaker" and s.attributes["mention"] == "name"
    }
    last = {name.split()[-1]: entity for name, entity in speakers.items() if name not in organizations}
    return Names(organizations, last | speakers)


def predict(document: Document, names: Names) -> Document:
    """Return a document's text with the spans that the rules find in it."""
    text = document.text
    told = _attributions(text, names)
    spans = [*organizations(text, names), *money(text), *told, *stances(text, told)]
    return Document(document.id, text, by_position(spans), "prediction")


def organizations(text: str, names: Names) -> Iterator[Span]:
    """Yield every listed name that is not a part of a product's (``Acme-7``, ``Acme R1``)."""
    listed = _any(re.escape(name) for name in sorted(names.organizations, key=len, reverse=True))
    for match in re.finditer(rf"(?<![\w@./-])(?:{listed}){PRODUCT}", text):
        yield _span("organization", text, match.span(), {"entity": names.organizations[match[0]]})


def money(text: str) -> Iterator[Span]:
    """Yield every amount, as the library's reader reads it."""
    for match in MONEY.finditer(text):
        if values := amount_values(text, *match.span()):
            yield _span("money", text, match.span(), values)


def amount_values(text: str, start: int, end: int) -> dict[str, Value]:
    """Return the attributes of an amount as the library's reader reads it; empty where it reads none."""
    line = text.rfind("\n", 0, start) + 1
    before = text[max(line, start - CONTEXT) : start]
    readings = read_amount(text[start:end], before, text[end : end + CONTEXT].partition("\n")[0])
    if not readings:
        return {}
    first = readings[0]
    bounds = {"minimum": decimal_text(first.minimum), "maximum": decimal_text(first.maximum)}
    return {"currency": first.currency, **bounds, "qualifier": first.qualifier}


def _span(layer: str, text: str, place: tuple[int, int], values: Mapping[str, Value], name: str = "") -> Span:
    return Span(name, layer, *place, text[slice(*place)], values)


def sentences(passage: Unit) -> Iterator[Unit]:
    """Yield the sentences of a passage; a full stop inside quotation marks ends one at their end only."""
    ends = [match.end() for match in SENTENCE_END.finditer(_masked(passage.text))]
    for first, last in pairwise([0, *ends, len(passage.text)]):
        piece = passage.text[first:last]
        if content := piece.strip():
            start = passage.start + last - len(piece.lstrip())
            yield Unit(start, start + len(content), content)


def _masked(text: str) -> str:
    """Return a text of the same length, in which nothing is left of a quotation but its marks and what ends it."""
    return re.sub(QUOTE, lambda match: match[0][0] + "_" * (len(match[0]) - 3) + match[0][-2:], text)


def _attributions(text: str, names: Names) -> list[Span]:
    """Return speakers, cues and statements, in the order in which they are found."""
    found: list[Span] = []
    person: str | None = None
    for paragraph in paragraphs(text):
        last: tuple[Span, Span] | None = None
        for sentence in sentences(paragraph):
            clauses = list(_clauses(text, sentence, names, person))
            for speaker, cue in clauses:
                if contents := list(_contents(text, sentence, speaker, cue)):
                    person = _entity(speaker) if speaker.attributes["mention"] == "name" else person
                    found += [speaker, cue, *contents]
                    last = speaker, cue
            if last and not clauses and re.fullmatch(QUOTE, sentence.text):
                found.append(_statement(text, sentence.start, sentence.end, *last))
    return found


def _clauses(text: str, sentence: Unit, names: Names, person: str | None) -> Iterator[tuple[Span, Span]]:
    """Yield speaker and cue of the first attribution of a sentence that has both outside quotation marks."""
    masked = _masked(sentence.text)
    for match in CUE.finditer(masked):
        if place := _speaker_place(masked, match):
            start, end = (sentence.start + offset for offset in place)
            speaker = _speaker(text, start, end, names, person)
            cue_start, cue_end = (sentence.start + offset for offset in match.span())
            yield speaker, _span("cue", text, (cue_start, cue_end), {}, f"cue-{cue_start}")
            return


def _speaker_place(sentence: str, cue: re.Match[str]) -> tuple[int, int] | None:
    before = sentence[: cue.start()]
    behind = before.rstrip().endswith(tuple(CLOSE)) or cue[0].lower() == "according to"
    if behind and (match := SPEAKER_AFTER.match(sentence, cue.end())):
        return _bare_name(sentence, *match.span(1))
    if match := NAME_BEFORE.search(before):
        return _bare_name(sentence, *match.span(1))
    found = PRONOUN_BEFORE.search(before) or _nearest(PHRASE_BEFORE, before)
    return found.span(1) if found else None


def _bare_name(sentence: str, start: int, end: int) -> tuple[int, int] | None:
    """Return the place of a name without the titles and openers that its capital letters took in."""
    words = list(re.finditer(r"\S+", sentence[start:end]))
    first = max(
        (n + 1 for n, word in enumerate(words) if word[0] in TITLES or (not n and word[0] in OPENERS)), default=0
    )
    return (start + words[first].start(), end) if first < len(words) else None


def _nearest(pattern: re.Pattern[str], before: str) -> re.Match[str] | None:
    """Return the shortest match at the end of a text."""
    places = [match.start() for match in re.finditer(r"\b\w", before)]
    return next(filter(None, (pattern.match(before, place) for place in reversed(places))), None)


def _speaker(text: str, start: int, end: int, names: Names, person: str | None) -> Span:
    """Return a speaker; a pronoun stands for whoever was named last, an unknown name for an entity of its own."""
    words = text[start:end]
    if words.lower() in PRONOUNS:
        entity, mention = person, "pronoun"
    elif words[0].isupper() and words.split()[0].lower() not in DETERMINERS:
        entity, mention = entity_of(words, names), "name"
    else:
        entity, mention = None, "nominal"
    return _span("speaker", text, (start, end), {"entity": entity, "mention": mention}, f"speaker-{start}")


def entity_of(name: str, names: Names) -> str:
    """Return the entity of a name: the listed one, else its words in the form that the registry's ids have."""
    known = {**names.speakers, **names.organizations}
    return known.get(name) or slug(name)


def slug(name: str) -> str:
    """Return a name in the form of the registry's ids: its words in lower case, joined by hyphens."""
    return "-".join(re.findall(r"[a-z0-9]+", name.lower()))


def _entity(speaker: Span) -> str | None:
    entity = speaker.attributes["entity"]
    return None if entity is None else str(entity)


def _contents(text: str, sentence: Unit, speaker: Span, cue: Span) -> Iterator[Span]:
    """Yield what a clause attributes: what stands before it, or behind."""
    start, end = min(speaker.start, cue.start), max(speaker.end, cue.end)
    before, after = text[sentence.start : start].rstrip(), text[end : sentence.end]
    reported = before.endswith(",") and before.split()[0] not in OPENERS and len(after.split()) < SHORT
    if before.endswith(tuple(CLOSE)) or reported:
        yield _statement(text, sentence.start, sentence.start + len(before.rstrip(",")), speaker, cue)
        if match := re.search(QUOTE, after):
            yield _statement(text, end + match.start(), end + match.end(), speaker, cue)
        return
    begin, stop = _content_behind(after, cue.text)
    if len(after[begin:stop].split()) > 1 or re.search(QUOTE, after[begin:stop]):
        yield _statement(text, end + begin, end + stop, speaker, cue)


def _content_behind(after: str, cue: str) -> tuple[int, int]:
    """Return the place of the content in what stands behind a clause: without object, “that” and last full stop."""
    begin = 0
    if cue.startswith(("call", "describ", "told", "tell")) and (match := OBJECT.match(after)):
        begin = match.end()
    begin += len(re.match(r"[,:]?\s*(?:(?:that|as)\s)?\s*", after[begin:])[0])  # type: ignore[index]
    return begin, len(after.rstrip(".,;:?!) "))


def _statement(text: str, start: int, end: int, speaker: Span, cue: Span) -> Span:
    words = text[start:end]
    quotes = re.findall(QUOTE, words)
    kind = "indirect" if not quotes else "direct" if quotes == [words] else "mixed"
    return _span("statement", text, (start, end), {"speaker": speaker.id, "cue": cue.id, "kind": kind})


def stances(text: str, told: Sequence[Span]) -> Iterator[Span]:
    """Yield a stance where a target is named: with a word that takes a side the sentence around, else the name."""
    taken: set[tuple[str, int]] = set()
    for target, pattern in TARGETS.items():
        for match in re.finditer(pattern, text, re.IGNORECASE):
            around = next((s for s in told if s.layer == "statement" and s.start <= match.start() < s.end), None)
            sentence = _sentence_around(text, match.start(), around)
            side = next((name for name, words in SIDES.items() if re.search(words, sentence.text.lower())), None)
            place = _trimmed(sentence) if side else match.span()
            values = {"target": target, "polarity": side or "neutral", "holder": _holder(around, told)}
            if (target, place[0]) not in taken:
                yield _span("stance", text, place, values | {"explicit": True})
            taken.add((target, place[0]))


def _sentence_around(text: str, place: int, around: Span | None) -> Unit:
    """Return the sentence at a place: inside a quotation its own, inside a statement no more than that."""
    line = next(each for each in paragraphs(text) if each.start <= place < each.end)
    found = next(each for each in sentences(line) if each.start <= place < each.end)
    start, end = (around.start, around.end) if around else (found.start, found.end)
    quoted = [(line.start + m.start() + 1, line.start + m.end() - 1) for m in re.finditer(QUOTE, line.text)]
    start, end = next((each for each in quoted if each[0] <= place < each[1]), (start, end))
    return next(each for each in sentences(Unit(start, end, text[start:end])) if each.start <= place < each.end)


def _holder(around: Span | None, told: Sequence[Span]) -> str | None:
    if around is None:
        return "author"
    return next(_entity(span) for span in told if span.id == around.attributes["speaker"])


def _trimmed(sentence: Unit) -> tuple[int, int]:
    """Return a sentence's place without quotation marks and punctuation at its edges."""
    marks = OPEN + CLOSE + ".,;:?! "
    return sentence.end - len(sentence.text.lstrip(marks)), sentence.start + len(sentence.text.rstrip(marks))
