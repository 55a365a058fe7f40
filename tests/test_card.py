from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from datasets import Features
from huggingface_hub import DatasetCard, DatasetCardData

from chipstance.card import CardError, card_variables, front_matter, render_card
from chipstance.contents import Contents
from chipstance.features import make_features
from chipstance.numbers import markdown
from chipstance.parquet import CANARY
from example_release import EXAMPLE, VERSION, copy_example, example_contents

START = "---\nlicense: other\n{{ metadata }}\n---\n"


@pytest.fixture(scope="module")
def contents(tmp_path_factory: pytest.TempPathFactory) -> Contents:
    return example_contents(copy_example(tmp_path_factory.mktemp("card") / "checkout"))


@pytest.fixture(scope="module")
def card(contents: Contents) -> str:
    return render_card((EXAMPLE / "dataset_card.md").read_text("utf-8"), contents)


@pytest.fixture(scope="module")
def variables(contents: Contents) -> dict[str, Any]:
    return card_variables(contents)


def test_the_hub_s_own_reader_accepts_the_card(card: str) -> None:
    parsed = DatasetCard(card)
    assert isinstance(parsed.data, DatasetCardData)
    assert parsed.data.pretty_name == "ChipStance example"
    assert f"# ChipStance example {VERSION}" in parsed.text


def test_configs_name_their_files_version_and_digest(card: str, contents: Contents) -> None:
    configs = front_matter(card)["configs"]
    assert [config["config_name"] for config in configs] == ["articles", "paragraphs", "statements", "stance", "money"]
    assert [config.get("default") for config in configs] == [True, None, None, None, None]
    assert {config["version"] for config in configs} == {VERSION}
    assert configs[4]["data_files"] == [
        {"split": "validation", "path": "data/money/validation.parquet"},
        {"split": "test", "path": "data/money/test.parquet"},
    ]
    digests = [config["description"] for config in configs]
    assert len(set(digests)) == 5
    assert all(len(digest.removeprefix("sha256:")) == 64 for digest in digests)


def test_features_and_sizes_are_explicit(card: str, contents: Contents) -> None:
    for info, table in zip(front_matter(card)["dataset_info"], contents.tables, strict=True):
        assert Features._from_yaml_list(info["features"]) == make_features(table)
        rows = {split: len(rows) for split, rows in contents.records[table.config].items()}
        assert {split["name"]: split["num_examples"] for split in info["splits"]} == rows
        assert info["download_size"] == sum(len(file.data) for file in contents.of(table.config))
        assert info["dataset_size"] == sum(split["num_bytes"] for split in info["splits"]) > 0


def test_counts_are_those_of_the_gold(variables: dict[str, Any], contents: Contents) -> None:
    counts, gold = variables["counts"], contents.corpus.gold
    for layer in contents.corpus.layers:
        mill, harbor = (len(gold[doc].layer(layer.name)) for doc in ("mill", "harbor"))
        assert counts[layer.name] == {"validation": mill, "test": harbor, "total": mill + harbor}
    assert counts["article"]["total"] == 2
    assert counts["paragraph"] == variables["rows"]["paragraphs"] == {"validation": 5, "test": 6, "total": 11}
    assert variables["rows"]["stance"]["total"] == 2 * counts["statement"]["total"]


def test_tables_hold_every_value_even_where_nothing_has_it(variables: dict[str, Any]) -> None:
    assert variables["statement_kinds"].splitlines() == [
        "| kind | validation | test | total |",
        "| --- | --- | --- | --- |",
        "| direct | 4 | 3 | 7 |",
        "| indirect | 1 | 2 | 3 |",
        "| mixed | 1 | 0 | 1 |",
    ]
    assert "| exact | 0 | 0 | 0 |" in variables["qualifiers"]
    assert "| open_source | against | 0 | 0 | 0 |" in variables["stance_spans"]
    assert "| export_controls | none | 4 | 3 | 7 |" in variables["stance_labels"]


def test_sayings_on_both_sides_are_listed(variables: dict[str, Any]) -> None:
    assert variables["shared_utterance_count"] == 1
    assert variables["shared_utterances"].splitlines()[2:] == ["| patterns-for-everyone | mill:q1 | harbor:q4 |"]


def test_what_baselines_score_stands_where_the_template_wants_it(contents: Contents) -> None:
    assert render_card(START + "{{ baselines }}\n", contents).endswith("---\n\n")
    scored = replace(contents, baselines="| what | loom |")
    assert render_card(START + "{{ baselines }}\n", scored).endswith("---\n| what | loom |\n")


def test_a_saying_on_one_side_is_not_listed(contents: Contents) -> None:
    records = {
        **contents.records,
        "statements": {"validation": contents.records["statements"]["validation"], "test": ()},
    }
    alone = card_variables(replace(contents, records=records))
    assert alone["shared_utterance_count"] == 0


def test_the_card_carries_canary_digest_and_tokenizer(card: str, variables: dict[str, Any]) -> None:
    for text in (CANARY, f"sha256:{variables['digest']}", variables["tokenizer"], variables["bibtex"]):
        assert text in card


def test_every_column_is_described(variables: dict[str, Any], contents: Contents) -> None:
    for table in contents.tables:
        lines = variables["columns"][table.config].splitlines()
        assert all(any(line.startswith(f"| `{column.name}` | ") for line in lines) for column in table.columns)
    assert "| `label` | class label favor, against, neutral, none |" in variables["columns"]["stance"]
    assert "| `money.minimum` | decimal128(38, 4) |" in variables["columns"]["articles"]


def test_a_frame_without_rows_is_a_table_without_rows() -> None:
    assert markdown(pd.DataFrame(columns=["test"]), "what") == "| what | test |\n| --- | --- |"


@pytest.mark.parametrize(
    ("template", "message"),
    [
        (START + "{{ colour }}", "'colour' is undefined; the names it can use are listed in"),
        (START + "{{ counts.loom.test }}", "has no attribute 'loom'"),
        (START + "\n{% for split in %}", r"dataset_card\.md:6: "),
        ("# No front matter", "it must begin with front matter"),
        ("---\nlicense: other\n---\n", "put {{ metadata }}"),
        ("---\nlicense: [\n---\n", "the front matter is no YAML"),
        ("---\nlicense\n---\n", "the front matter is no mapping"),
    ],
)
def test_a_broken_template_is_an_error_that_says_what_to_mend(contents: Contents, template: str, message: str) -> None:
    with pytest.raises(CardError, match=message):
        render_card(template, contents)
