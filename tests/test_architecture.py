"""Data flows one way: a module imports only what stands above it here, and nothing below the command line acts."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import chipstance

PACKAGE = Path(chipstance.__file__).parent

ORDER = """
_version statuses likeness model layers jsonfile folders json_slips first_bytes faults locate
currencies quantities qualifiers amounts amount_edges
citation digests
edits tables textunits corpus adjudication
rules schema_gate schema_growth schema_set schema_words schema_errors schemas sources
rules_files rules_offsets rules_spans
quotation_marks
rules_statements rules_money
rules_manifest rules_corpus rules_adjudication rules_rounds rules_schemas rules_predictions yaml_files
normalization slips wording passages alignment
answer_thoughts answer_reader answers answer_keys answer_items answer_tables answer_tags answer_lines answer_values
answer_choice answer_references model_output
line_types quick_values quick quick_predictions streams inputs places near_names context
parquet_columns parquet_lines parquet_rows parquet_check
line_slips line_looks line_sources span_causes judge
judge_whole line_kinds line_check line_files engines unnamed repeats validate
records features parquet contents numbers card croissant loading
labeling_config labeling_rows labeling rounds label_studio
labelsets assignment matching diff
adapters predictions
kappa alpha gamma_many gamma resampling comparison agreement_figures agreement agreement_input
score_keys span_values span_columns counting scoring score_figures streaming score_errors compare_systems
score_input ray_engine
row_schemas row_forms row_closed row_spans row_predictions
report junit sarif reports rule_pages
reading_report agreement_report score_report markup score_marks score_confusion score_cases score_html
prompts harness inspect_tasks lm_eval_rows
baseline_tables plots release __init__ outputs options cli_measure cli_validate cli __main__
""".split()  # noqa: SIM905 - one line a stage

ACTS = {"print", "input", "exit", "quit", "breakpoint"}
ENVIRONMENT = {
    ("os", "environ"),
    ("os", "getenv"),
    ("sys", "exit"),
    ("sys", "argv"),
    ("sys", "stdout"),
    ("sys", "stderr"),
}
COMMAND_LINE = {"cli", "cli_measure", "cli_validate", "__main__"}


def modules() -> list[Path]:
    return sorted(PACKAGE.glob("*.py"))


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (
                name.name.removeprefix("chipstance.") for name in node.names if name.name.startswith("chipstance.")
            )
        elif isinstance(node, ast.ImportFrom) and node.module == "chipstance":
            yield from (name.name if (PACKAGE / f"{name.name}.py").exists() else "__init__" for name in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("chipstance."):
            yield str(node.module).removeprefix("chipstance.")


def test_every_module_has_its_place() -> None:
    assert sorted(ORDER) == [path.stem for path in modules()]


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.stem)
def test_a_module_imports_only_what_stands_before_it(path: Path) -> None:
    # `from chipstance import __version__` takes the package itself, which every module has already
    taken = set(imports(ast.parse(path.read_text("utf-8")))) - {"__init__"}
    assert taken <= set(ORDER[: ORDER.index(path.stem)])


@pytest.mark.parametrize("path", [p for p in modules() if p.stem not in COMMAND_LINE], ids=lambda path: path.stem)
def test_nothing_below_the_command_line_prints_exits_or_reads_the_environment(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ACTS, f"{path.name}:{node.lineno}"
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert (node.value.id, node.attr) not in ENVIRONMENT, f"{path.name}:{node.lineno}"
