"""The columns of a Parquet file of documents or predictions: what its rows hold, and what its columns have to be.

There are two layouts: ``spans``, a list of structs; or, as in a release's articles, one such list for each layer.
Documents have a ``text`` beside them; predictions have none, and may have an ``answer`` in their place. Other columns
are not looked at.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from chipstance.inputs import DOCUMENTS, PREDICTIONS, UNCLEAR
from chipstance.layers import Layers
from chipstance.likeness import alike
from chipstance.locate import escape
from chipstance.rules import declare

if TYPE_CHECKING:
    import pyarrow as pa

DOC, TEXT, SYSTEM, SPANS, ANSWER = "doc", "text", "system", "spans", "answer"
FIXED = ("id", "layer", "start", "end", "text")
OCCURRENCE, ATTRIBUTES, REPAIRED = "occurrence", "attributes", "repaired"

PARQUET_COLUMNS = declare("parquet-columns", "A Parquet file has the columns of documents or predictions.")
NEITHER = (
    "nobody can tell what the rows hold: add the columns text and spans for documents, or spans or answer alone for"
    " predictions; a table of a release is checked with its folder"
)
FLAT = (
    "this seems to be a table with one row a span: group its rows by doc, with the spans of each as a list of structs"
    " in a column spans"
)

Kind = tuple[Callable[["pa.DataType"], bool], str]
"""What tells whether a type is right, and the type in words."""


def table_kind(names: Iterable[str], layers: Layers) -> str:
    """Return what the rows of a file with these columns are: ``documents`` or ``predictions``, else ``unclear``."""
    known = set(names)
    folded = {name.casefold() for name in known}  # a wrong case is told as such
    if TEXT in folded:
        return DOCUMENTS
    return PREDICTIONS if SPANS in folded or known & {ANSWER, *(layer.name for layer in layers)} else UNCLEAR


def wanted_columns(names: Iterable[str], layers: Layers, kind: str) -> dict[str, str]:
    """Return the columns of a file's layout, and what each has to be; those that may be missing only if they don't.

    Args:
        names: of all columns.
        layers: what is annotated.
        kind: ``documents`` or ``predictions``; nobody can tell what else would be wanted.
    """
    known = set(names)
    by_layer = {layer.name: "spans" for layer in layers}
    given = {name: "spans" for name in by_layer if name in known and SPANS not in known}
    if kind == DOCUMENTS:
        return {DOC: "text", TEXT: "text"} | (by_layer if given else {SPANS: "spans"})
    beside = {name: sort for name, sort in ((SYSTEM, "text"), (ANSWER, "answer")) if name in known}
    needed = {SPANS: "spans"} if SPANS in known or ANSWER not in known else {}
    return {DOC: "text"} | beside | (given or needed)


def column_faults(schema: pa.Schema, layers: Layers, kind: str) -> Iterator[tuple[str, str]]:
    """Yield pointer and message of every column, or field of one, that is missing, unknown or of a wrong type.

    Args:
        schema: of the file.
        layers: what is annotated.
        kind: what the rows are; ``unclear`` where nobody can tell.
    """
    import pyarrow as pa

    schema = pa.schema([field.with_type(stored(field.type)) for field in schema])
    if _is_flat(schema, layers):
        yield "", FLAT
        return
    if kind == UNCLEAR:
        yield "", _unclear(schema, layers)
        return
    wanted = wanted_columns(schema.names, layers, kind)
    yield from _faults(list(schema), wanted, _meant(schema, wanted, layers), "")
    for name in (name for name, sort in wanted.items() if sort == "spans" and schema.names.count(name) == 1):
        spans = schema.field(name).type
        if is_spans(spans) and spans.value_type.num_fields:  # where no row has a span, it may be null
            yield from _span_faults(spans.value_type, name, layers, kind)
    for layer in layers if SPANS in wanted else ():
        if schema.names.count(layer.name) == 1 and is_spans(schema.field(layer.name).type):
            yield f"/{layer.name}", f"the file has spans in the column {SPANS} and in {layer.name}: keep one layout"


def _is_flat(schema: pa.Schema, layers: Layers) -> bool:
    """Tell whether a file without any spans seems to have one in each row."""
    types = {field.name.casefold(): field.type for field in schema}
    if {SPANS, ANSWER} & types.keys() or any(is_spans(types[name]) for name in layers.by_name if name in types):
        return False
    return types.keys() >= {DOC, "layer", "start", "end"} and is_text(types["layer"])


def _unclear(schema: pa.Schema, layers: Layers) -> str:
    """Return what is told of columns of which nobody knows what they hold: which may be meant by those that matter."""
    lists = [field.name for field in schema if is_spans(field.type)]
    telling = dict(alike((TEXT, SPANS, ANSWER), schema.names)) | dict(alike(list(layers.by_name), lists))
    if not telling:
        return NEITHER
    missing = () if DOC in schema.names else (DOC,)
    meant = [f"{found} to {name}" for name, found in (dict(alike(missing, schema.names)) | telling).items()]
    return f"nobody can tell what the rows hold: rename {', '.join(meant)}, if that is meant"


def _span_faults(span: pa.StructType, name: str, layers: Layers, kind: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the fields of the spans in a column."""
    from pyarrow import types

    needed, known = _fields(name, layers, kind)
    if span.get_field_index("end") >= 0:  # a start alone says where a quotation begins; an end alone says nothing
        needed["start"] = "offset"
    yield from _struct_faults(span, needed, known, f"/{name}")
    place = span.get_field_index(ATTRIBUTES) if name == SPANS else -1
    if place >= 0 and types.is_struct(span.field(place).type):
        struct, of_any = span.field(place).type, {key: "value" for layer in layers for key in layer.attributes}
        yield from _struct_faults(struct, {}, of_any, f"/{name}/{ATTRIBUTES}")


def _meant(schema: pa.Schema, wanted: Mapping[str, str], layers: Layers) -> dict[str, str]:
    """Return what columns may be meant to be, by their names: those of layers only if they hold spans."""
    missing = [name for name in wanted if name not in schema.names]
    others = {field.name: field.type for field in schema if field.name not in wanted}
    lists = [name for name, kind in others.items() if is_spans(kind)]
    absent = [layer.name for layer in layers if layer.name not in schema.names] if SPANS not in wanted else []
    return {found: name for name, found in (*alike(absent, lists), *alike(missing, list(others)))}


def _struct_faults(
    struct: pa.StructType, needed: Mapping[str, str], known: Mapping[str, str], at: str
) -> Iterator[tuple[str, str]]:
    names = {field.name for field in struct}
    unknown = sorted(names - known.keys())
    meant = {found: name for name, found in alike([name for name in known if name not in names], unknown)}
    present = {name: sort for name, sort in known.items() if name in names}
    yield from _faults(list(struct), {**needed, **present}, meant, at)
    for name in unknown:
        if name not in meant:
            yield f"{at}/{escape(name)}", f"the column {at[1:]}/{name} is unknown: remove it"


def _fields(name: str, layers: Layers, kind: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return what a span's fields have to be: those that may not be missing, and all."""
    fixed = {key: "offset" if key in ("start", "end") else "text" for key in FIXED}
    more = {"attributes": "attributes"} if name == SPANS else dict.fromkeys(layers[name].attributes, "value")
    if name != SPANS:
        del fixed["layer"]
    if kind == PREDICTIONS:
        return {key: sort for key, sort in fixed.items() if key == "layer"}, fixed | more | {OCCURRENCE: "offset"}
    return fixed | (more if name == SPANS else {}), fixed | more | {REPAIRED: "truth"}


def _faults(
    fields: list[pa.Field], wanted: Mapping[str, str], meant: Mapping[str, str], at: str
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with fields, given what others may be meant to be."""
    counts = Counter(field.name for field in fields)
    types = {field.name: field.type for field in fields}
    under = f"{at[1:]}/" if at else ""
    for found, name in meant.items():
        yield f"{at}/{escape(found)}", f"the column {under}{found} is unknown: is {name} meant, which is missing?"
    for name, sort in wanted.items():
        is_right, words = _kinds()[sort]
        column = f"the column {under}{name}"
        if name not in types and name not in meant.values():
            release = "; a table of a release is checked with its folder" if name == SPANS else ""
            yield at, f"{column} is missing: add it, as {words}{release}"
        elif counts[name] > 1:
            yield f"{at}/{name}", f"{column} stands {counts[name]} times: keep one"
        elif name in types and not _fine(types[name], is_right):
            yield f"{at}/{name}", f"{column} is {_shown(types[name])}: make it {words}"


def _kinds() -> dict[str, Kind]:
    from pyarrow import types

    def is_value(kind: pa.DataType) -> bool:
        return is_text(kind) or bool(types.is_boolean(kind) or types.is_decimal(kind))

    def is_attributes(kind: pa.DataType) -> bool:
        if types.is_map(kind):
            return is_text(kind.key_type) and is_value(kind.item_type)
        return is_text(kind) or bool(types.is_struct(kind))

    def is_answer(kind: pa.DataType) -> bool:
        return is_text(kind) or (_is_list(kind) and _fine(kind.value_type, is_text))

    return {
        "text": (is_text, "a string"),
        "offset": (types.is_integer, "an integer"),
        "truth": (types.is_boolean, "a boolean"),
        "value": (is_value, "a string, boolean or decimal"),
        "spans": (is_spans, "a list of structs"),
        "attributes": (is_attributes, "a struct or map of strings, booleans and decimals, or JSON in a string"),
        "answer": (is_answer, "a string or a list of strings"),
    }


def is_spans(kind: pa.DataType) -> bool:
    """Tell whether a type is one of spans: a list of structs, or of nothing yet."""
    from pyarrow import types

    return _is_list(kind) and bool(types.is_struct(kind.value_type) or types.is_null(kind.value_type))


def is_text(kind: pa.DataType) -> bool:
    """Tell whether a type is one of strings."""
    from pyarrow import types

    kind = kind.value_type if types.is_dictionary(kind) else kind
    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind))


def _is_list(kind: pa.DataType) -> bool:
    from pyarrow import types

    return bool(types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind))


def stored(kind: pa.DataType) -> pa.DataType:
    """Return a type as its values are stored: no extension, and lists in place of their views."""
    import pyarrow as pa
    from pyarrow import types

    if isinstance(kind, pa.BaseExtensionType):
        return stored(kind.storage_type)
    if types.is_struct(kind):
        return pa.struct([field.with_type(stored(field.type)) for field in kind])
    if types.is_map(kind):
        item = kind.item_field
        return pa.map_(kind.key_field, item.with_type(stored(item.type)), kind.keys_sorted)
    if types.is_list_view(kind) or types.is_large_list_view(kind) or types.is_large_list(kind):
        return pa.large_list(_stored_value(kind))
    if types.is_list(kind):
        return pa.list_(_stored_value(kind))
    return pa.list_(_stored_value(kind), kind.list_size) if types.is_fixed_size_list(kind) else kind


def _stored_value(kind: pa.DataType) -> pa.Field:
    return kind.value_field.with_type(stored(kind.value_type))


def _fine(kind: pa.DataType, is_right: Callable[[pa.DataType], bool]) -> bool:
    from pyarrow import types

    return bool(types.is_null(kind)) or is_right(kind)


def _shown(kind: pa.DataType) -> str:
    """Return a type as the file has it: all strings are read as dictionaries here."""
    return _DICTIONARY.sub(r"\1", str(kind))[:80]


_DICTIONARY = re.compile(r"dictionary<values=(\w+), indices=\w+, ordered=\d>")
