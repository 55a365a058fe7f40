"""The keys and words that answers of language models use."""

from __future__ import annotations

LAYER_KEYS = (
    "layer", "type", "label", "category", "class", "tag", "layer_name", "span_type", "entity_type", "entity_group",
    "entity_label", "entity",
)  # fmt: skip
TEXT_KEYS = ("text", "quote", "quotation", "span", "passage", "exact_text", "span_text", "verbatim", "snippet")
LOOSE_TEXT_KEYS = (
    "mention", "surface", "phrase", "words", "word", "content", "value", "string", "name", "amount", "entity",
)  # fmt: skip
"""Keys of a quoted text where the layer is known."""
MENTION_KEYS = ("mentions", "spans", "texts", "quotes", "quotations", "occurrences", "instances")
"""Keys of a list of quotations that have the rest of an object in common."""
PLACES = ("id", "occurrence", "start", "end")
WRAPPERS = (
    "spans", "entities", "annotations", "mentions", "items", "results", "result", "labels", "predictions",
    "extractions", "output", "answer", "data", "arguments", "input", "function",
)  # fmt: skip
BESIDE = (
    "role", "model", "doc", "document", "title", "note", "notes", "comment", "explanation", "reasoning", "thought",
)  # fmt: skip
"""Keys of what stands beside spans and is none."""
KEYS = frozenset((*LAYER_KEYS, *TEXT_KEYS, *LOOSE_TEXT_KEYS, *PLACES, *BESIDE))
"""Keys that are no quotations and no layers."""
REFUSALS = ("error", "refusal", "refused")
EMPTY = (
    "", "none", "n/a", "n.a", "null", "nil", "-", "–", "—", "…", "none found", "not found", "no mentions", "empty",
    "not applicable", "not specified", "not mentioned", "no spans",
)  # fmt: skip
"""What stands for nothing."""


def is_empty(text: str) -> bool:
    """Tell whether a text stands for nothing: ``none``, ``N/A``, a dash, dots."""
    return text.strip(" .*_\t\n()[]").lower() in EMPTY
