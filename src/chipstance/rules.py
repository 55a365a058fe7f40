"""The frame of all rules: a rule is a small generator with a stable id.

A rule looks at one subject (a label file, the registry, the whole corpus …) and yields a ``Finding``
for everything that breaks it. Line and column are added by whoever runs the rules.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from chipstance.edits import OffsetMap
from chipstance.layers import Layers
from chipstance.model import Entity, Span


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that breaks a rule, before it has a path, a line and a column.

    Attributes:
        pointer: JSON pointer of the value; empty for the whole file.
        message: what is wrong, with the value, and how to mend it.
        key: whether the key, not the value, is at fault.
        path: the file, where it is not the one the rule was run for.
        at: offset in a text file.
    """

    pointer: str
    message: str
    key: bool = False
    path: Path | None = None
    at: int | None = None


Check = Callable[[Any], Iterator[Finding]]
_C = TypeVar("_C", bound=Check)

RULES: dict[str, str] = {}
"""Every rule's id and, in one sentence, what it asks for."""

_CHECKS: dict[str, list[tuple[str, Check]]] = {}


def rule(rule_id: str, *scopes: str) -> Callable[[_C], _C]:
    """Register a check; its docstring says, in one sentence, what the rule asks for.

    Args:
        rule_id: the rule's stable id; several checks may share it.
        scopes: what it is run for: ``offsets`` and ``labels`` (all labels), ``annotations``, ``documents`` (labels
            that come with their text), ``predictions``, ``articles``, ``article``, ``edits``, ``entities``,
            ``layers``, ``round``, ``rounds``, ``adjudication``, ``manifest``, ``schemas`` or ``corpus``.
    """

    def register(check: _C) -> _C:
        declare(rule_id, check.__doc__ or "")
        for scope in scopes:
            _CHECKS.setdefault(scope, []).append((rule_id, check))
        return check

    return register


def others(count: int) -> str:
    """Say that a finding stands for several of one cause; empty where it stands alone."""
    return f" ({count} places in all)" if count > 1 else ""


def declare(rule_id: str, reason: str) -> str:
    """Register a rule that is checked while files are being read; return its id."""
    RULES.setdefault(rule_id, reason)
    return rule_id


def scopes(rule_id: str) -> tuple[str, ...]:
    """Return what a rule is run for; empty for one that is checked while files are being read."""
    return tuple(scope for scope, checks in _CHECKS.items() if any(known == rule_id for known, _ in checks))


def checks(*scopes: str) -> Iterator[tuple[str, Check]]:
    """Yield the checks of some scopes, each with the id of its rule."""
    return (each for scope in scopes for each in _CHECKS.get(scope, []))


def run(scope: str, subject: object) -> Iterator[tuple[str, Finding]]:
    """Yield the id of every broken rule of a scope, with what breaks it."""
    for rule_id, check in checks(scope):
        for finding in check(subject):
            yield rule_id, finding


@dataclass(frozen=True)
class Labels:
    """The spans of one document, as its rules see them.

    Attributes:
        doc: the document's id.
        raw: the article as received.
        text: its annotated text.
        offsets: from raw to text and back.
        layers: what is annotated.
        entities: the registry by id; None where it can't be read.
        spans: the file's spans by their place in it, without those that are broken already.
        ids: the ids of all spans, the broken ones too.
        whole: whether no span had to be left out.
        header: the file's other values.
        path: the file.
        owner: the annotator that the file's place names; empty where it names none.
    """

    doc: str
    raw: str
    text: str
    offsets: OffsetMap
    layers: Layers
    entities: Mapping[str, Entity] | None
    spans: Mapping[int, Span]
    ids: frozenset[str]
    whole: bool
    header: Mapping[str, Any]
    path: Path
    owner: str = ""

    @cached_property
    def by_id(self) -> dict[str, Span]:
        """The spans by id; of two with the same id the first."""
        return {span.id: span for span in reversed(tuple(self.spans.values())) if span.id}

    @cached_property
    def _by_layer(self) -> dict[str, list[tuple[int, Span]]]:
        found: dict[str, list[tuple[int, Span]]] = {}
        for index, span in self.spans.items():
            found.setdefault(span.layer, []).append((index, span))
        return found

    @cached_property
    def utf8(self) -> bytes:
        """The text in UTF-8."""
        return self.text.encode(errors="surrogatepass")

    @cached_property
    def utf16(self) -> bytes:
        """The text in UTF-16."""
        return self.text.encode("utf-16-le", errors="surrogatepass")

    def layer(self, name: str) -> Iterator[tuple[int, Span]]:
        """Yield the spans of one layer, with their place in the file."""
        return iter(self._by_layer.get(name, ()))

    def having(self, name: str, *attributes: str) -> Iterator[tuple[int, Span]]:
        """Yield the spans of a layer of ours, where layers.json declares that it has these attributes, as ours has."""
        return self.layer(name) if self.layers.ours(name, *attributes) else iter(())

    def linked(self, span: Span, attribute: str) -> Span | None:
        """Return the span that an attribute refers to, if it is there."""
        return self.by_id.get(str(span.attributes.get(attribute)))

    def without(self, indexes: set[int]) -> Labels:
        """Return the same labels without some spans, which are broken."""
        kept = {index: span for index, span in self.spans.items() if index not in indexes}
        return replace(self, spans=kept, whole=self.whole and not indexes)
