"""The command line: each command reads its arguments, calls a module, prints, and sets the exit status.

Exit status: 0 clean, 1 problems found, 2 wrong usage; others are told where the command begins (``__main__``). What is
slow to import is imported where it is used.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chipstance._version import __version__
from chipstance.cli_measure import agreement, compare_systems, score
from chipstance.cli_validate import validate
from chipstance.options import Format, RulesFormat, SchemaFolder
from chipstance.statuses import PROBLEMS

if TYPE_CHECKING:
    from rich.table import Table

    from chipstance.layers import Layers
    from chipstance.schemas import Schemas

app = typer.Typer(
    help="Validate files, compare and measure labels, score predictions.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"chipstance {__version__}")
        raise typer.Exit


@app.callback()
def chipstance(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """ChipStance: an annotated benchmark of quotations, organizations, money and stance in news."""


app.command()(validate)


@app.command()
def rules(
    ids: Annotated[list[str] | None, typer.Argument(metavar="RULE", help="Rules to show with examples.")] = None,
    form: Annotated[RulesFormat, typer.Option("--format", help="How the rules are shown.")] = RulesFormat.table,
) -> None:
    """List the rules: what each one asks for and looks at; those that are named, with a bad and a good example."""
    from chipstance import rule_pages
    from chipstance.folders import rule_examples
    from chipstance.jsonfile import dump_json, read_json

    entries = rule_pages.entries(read_json(rule_examples()))
    unknown = set(ids or ()) - {entry.id for entry in entries}
    if unknown:
        raise typer.BadParameter(f"no rule is called {', '.join(sorted(map(repr, unknown)))}: see chipstance rules")
    chosen = [entry for entry in entries if not ids or entry.id in ids]
    if form is RulesFormat.json:
        typer.echo(dump_json(rule_pages.plain(chosen)), nl=False)
    elif form is RulesFormat.markdown:
        typer.echo(rule_pages.markdown(chosen), nl=False)
    elif ids:
        typer.echo("\n".join(map(rule_pages.words, chosen)), nl=False)
    else:
        _print_table(rule_pages.table(chosen))


def _print_table(table: Table) -> None:
    from rich.console import Console

    Console(highlight=False).print(table)


@app.command("schema")
def print_schema(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="articles, edits, entities, annotations, …")],
    schema: SchemaFolder = None,
) -> None:
    """Print the JSON Schema of one kind of file, or row of predictions, with all that it refers to inside.

    Layers are those of --schema, else of the checkout around the working folder, else of the package.
    """
    from chipstance.jsonfile import dump_json
    from chipstance.row_schemas import ROW_KINDS, with_rows
    from chipstance.schemas import KINDS

    if kind not in (*KINDS, *ROW_KINDS):
        raise typer.BadParameter(f"no kind is called {kind!r}: choose one of {', '.join((*KINDS, *ROW_KINDS))}")
    schemas, layers = _schemas(schema, Path.cwd())
    if kind in ROW_KINDS:
        try:
            schemas = with_rows(schemas, layers)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None
    typer.echo(dump_json(schemas.bundle(kind)), nl=False)


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="A release, a label file, or a folder of them.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The same, or another annotator's, or the gold labels.")],
    form: Annotated[Format, typer.Option("--format", help="How the report is written.")] = Format.text,
    schema: SchemaFolder = None,
) -> None:
    """List what changed from one set of labels to another, label by label.

    Layers are those of --schema, else of the checkout around NEW, else of the package.

    Exit status: 0 the labels are the same, 1 they differ, 2 wrong usage.
    """
    from chipstance import diff as differ
    from chipstance.jsonfile import dump_json
    from chipstance.labelsets import read_label_set

    schemas, layers = _schemas(schema, new.absolute())
    try:
        before, after = (read_label_set(path, schemas) for path in (old, new))
    except (OSError, ValueError) as error:
        raise typer.BadParameter(str(error)) from None
    found = differ.diff(before, after, layers)
    if form is Format.json:
        typer.echo(dump_json(differ.entries(found)), nl=False)
    else:
        typer.echo("\n".join(differ.words(found)))
    raise typer.Exit(PROBLEMS if found.changes or found.only_old or found.only_new else 0)


app.command()(agreement)
app.command()(score)
app.command("compare")(compare_systems)


def _schemas(folder: Path | None, near: Path) -> tuple[Schemas, Layers]:
    """Return the schemas of a folder with its layers; of none, the package's with those of the checkout nearby."""
    from chipstance.folders import LAYERS, find_checkout, has_layers_only, schema_folder
    from chipstance.jsonfile import is_file
    from chipstance.report import escape
    from chipstance.schemas import load_schemas, read_layers_file

    checkout = find_checkout(near) if folder is None else None
    own = checkout is not None and is_file(checkout.layers)
    path = checkout.layers if checkout and own else (folder or schema_folder()) / LAYERS
    try:
        schemas = load_schemas(schema_folder() if folder is None or has_layers_only(folder) else folder)
        layers = read_layers_file(path, schemas)
    except FileNotFoundError as error:
        mend = "name a folder with layers.json, and with all schemas or none"
        raise typer.BadParameter(escape(f"{error.filename} is missing: {mend}")) from None
    except (OSError, ValueError, LookupError) as error:
        raise typer.BadParameter(escape(f"the schemas can't be read: {error}")) from None
    return schemas.with_layers(layers), layers
