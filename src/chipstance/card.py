"""The dataset card: prose by hand in ``dataset_card.md``, numbers and YAML filled in from the release.

The template is Jinja2; an unknown name is an error. It can use

``metadata``
    the YAML of ``configs:`` and ``dataset_info:``; stands inside the front matter, on a line of its own
``version`` ``released`` ``canary`` ``tokenizer`` ``digest`` ``bibtex``
    strings; ``digest`` is that of all Parquet files, as ``content_sha256`` in the manifest
``splits``
    their names: ``{% for split in splits %}``
``counts.NAME.SPLIT`` and ``counts.NAME.total``
    how many: NAME is ``article``, ``paragraph``, ``token`` or a layer
``rows.CONFIG.SPLIT`` and ``rows.CONFIG.total``
    how many rows a config has
``entities``
    how many entries the registry has
``composition`` ``configs``
    Markdown tables: the counts by split; what a row of each config is, and how many there are
``statement_kinds`` ``mention_kinds`` ``qualifiers`` ``stance_spans``
    Markdown tables: the spans by split and kind, mention, qualifier, or target and polarity
``stance_labels``
    a Markdown table: the rows of the ``stance`` config by split, target and label
``label_names``
    the names of the class label of ``stance``, in order
``agreement``
    Markdown: agreement of the annotators, with intervals; empty where no adjudicated round is behind the gold labels
``baselines``
    Markdown: what the committed predictions of the baselines score; empty where there are none
``shared_utterances`` ``shared_utterance_count``
    a Markdown table of the sayings that stand in more than one split, and how many they are
``columns.CONFIG``
    a Markdown table of a config's columns
"""

from __future__ import annotations

import re
from typing import Any

import jinja2
import yaml

from chipstance import numbers
from chipstance.citation import bibtex
from chipstance.contents import Contents, files_digest
from chipstance.features import make_features
from chipstance.parquet import CANARY, NAME
from chipstance.tables import Table, stance_labels
from chipstance.textunits import tokenizer_name

BLOCK = re.compile(r"^<!-- ([a-z_]+):start -->$", re.MULTILINE)


class CardError(ValueError):
    """A card template that can't be filled in, or whose front matter is not what a release needs."""


def render_card(template: str, contents: Contents) -> str:
    """Return the card.

    Args:
        template: the content of ``dataset_card.md``.
        contents: what its numbers and YAML are made from.

    Raises:
        CardError: the template is broken, uses an unknown name or has no front matter with ``{{ metadata }}``.
    """
    environment = jinja2.Environment(  # noqa: S701 - Markdown, made from our own data
        undefined=jinja2.StrictUndefined, keep_trailing_newline=True, trim_blocks=True, lstrip_blocks=True
    )
    try:
        card = environment.from_string(template).render(card_variables(contents))
    except jinja2.TemplateSyntaxError as error:
        raise CardError(f"dataset_card.md:{error.lineno}: {error.message}") from None
    except jinja2.TemplateError as error:
        raise CardError(f"dataset_card.md: {error}; the names it can use are listed in chipstance/card.py") from None
    if "configs" not in front_matter(card):
        raise CardError("dataset_card.md: put {{ metadata }} on a line of its own into the front matter")
    return card


def fill_blocks(text: str, contents: Contents) -> str:
    """Return a document with its marked blocks filled in.

    A block stands between ``<!-- NAME:start -->`` and ``<!-- NAME:end -->``, lines of their own; NAME is one of the
    template's variables that are Markdown tables.

    Raises:
        CardError: a block has no end or an unknown name.
    """
    variables = card_variables(contents)
    for name in BLOCK.findall(text):
        start, end = f"<!-- {name}:start -->", f"<!-- {name}:end -->"
        if end not in text or not isinstance(variables.get(name), str):
            raise CardError(f"{start}: no such table, or no {end} below it")
        before, rest = text.split(start, 1)
        text = f"{before}{start}\n\n{variables[name]}\n\n{end}{rest.split(end, 1)[1]}"
    return text


def front_matter(card: str) -> dict[str, Any]:
    """Return the YAML between a card's first two lines of three dashes.

    Raises:
        CardError: there is none, or it is no YAML mapping.
    """
    if not card.startswith("---\n") or "\n---\n" not in card:
        raise CardError("dataset_card.md: it must begin with front matter, between two lines of ---")
    try:
        data = yaml.safe_load(card[4 : card.index("\n---\n") + 1])
    except yaml.YAMLError as error:
        raise CardError(f"dataset_card.md: the front matter is no YAML: {error}") from None
    if not isinstance(data, dict):
        raise CardError("dataset_card.md: the front matter is no mapping")
    return data


def card_variables(contents: Contents) -> dict[str, Any]:
    """Return what a template can use; see the module's own documentation."""
    counts, shared = numbers.count_frame(contents), numbers.shared_frame(contents)
    tables = {
        "composition": numbers.markdown(counts, "what"),
        "configs": numbers.markdown(numbers.config_frame(contents), "config"),
        "statement_kinds": numbers.markdown(numbers.span_frame(contents, "statement", "kind")),
        "mention_kinds": numbers.markdown(numbers.span_frame(contents, "speaker", "mention")),
        "qualifiers": numbers.markdown(numbers.span_frame(contents, "money", "qualifier")),
        "stance_spans": numbers.markdown(numbers.span_frame(contents, "stance", "target", "polarity")),
        "stance_labels": numbers.markdown(numbers.stance_frame(contents)),
        "shared_utterances": numbers.markdown(shared, "utterance"),
        "columns": {t.config: numbers.markdown(numbers.column_frame(t), "column") for t in contents.tables},
    }
    return tables | {
        "metadata": hub_metadata(contents),
        "version": contents.version,
        "released": contents.citation.released.isoformat(),
        "canary": CANARY,
        "tokenizer": tokenizer_name(),
        "digest": files_digest(contents.files),
        "bibtex": bibtex(contents.citation, NAME, contents.version),
        "agreement": contents.agreement,
        "baselines": contents.baselines,
        "label_names": stance_labels(contents.corpus.layers),
        "splits": contents.splits,
        "counts": counts.to_dict("index"),
        "rows": numbers.row_frame(contents).to_dict("index"),
        "entities": len(contents.corpus.entities),
        "shared_utterance_count": len(shared),
    }


def hub_metadata(contents: Contents) -> str:
    """Return the YAML that ``load_dataset`` reads: ``configs:`` and ``dataset_info:``.

    Each config's description holds the digest of its files: datasets keys its cache by this YAML and
    not by the files, so without it a changed release would meet the rows of the old one.
    """
    data = {
        "configs": [_config(contents, table) for table in contents.tables],
        "dataset_info": [_info(contents, table) for table in contents.tables],
    }
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=120).rstrip("\n")


def _config(contents: Contents, table: Table) -> dict[str, Any]:
    files = contents.of(table.config)
    return {
        "config_name": table.config,
        **({"default": True} if table is contents.tables[0] else {}),
        "version": contents.version,
        "description": f"sha256:{files_digest(files)}",
        "data_files": [{"split": file.split, "path": file.path} for file in files],
    }


def _info(contents: Contents, table: Table) -> dict[str, Any]:
    files = contents.of(table.config)
    return {
        "config_name": table.config,
        "features": make_features(table)._to_yaml_list(),
        "splits": [{"name": f.split, "num_bytes": f.num_bytes, "num_examples": f.rows} for f in files],
        "download_size": sum(len(file.data) for file in files),
        "dataset_size": sum(file.num_bytes for file in files),
    }
