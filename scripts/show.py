"""Load every config and split of the release as a user would, and show what is in it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from chipstance.folders import dataset_folder

app = typer.Typer(add_completion=False)


@app.command()
def main(
    folder: Annotated[
        Path | None, typer.Argument(help="The release; by default that of this checkout.", exists=True, file_okay=False)
    ] = None,
) -> None:
    """Load the release with datasets, into a cache of its own, and show configs, splits, rows and columns."""
    try:
        path = folder or dataset_folder()
    except FileNotFoundError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    table = Table(title=f'load_dataset("{path.name}", config)', title_justify="left")
    for heading in ("config", "rows", "columns"):
        table.add_column(heading, no_wrap=heading == "config")
    for row in loaded(path):
        table.add_row(*row)
    Console().print(table)


def loaded(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Yield name, rows by split, and columns of every config of a release."""
    import datasets

    datasets.disable_progress_bars()
    for config in datasets.get_dataset_config_names(str(folder)):
        with tempfile.TemporaryDirectory() as cache:
            splits = datasets.load_dataset(str(folder), config, cache_dir=cache)
            rows = "\n".join(f"{split} {len(table)}" for split, table in splits.items())
            yield config, rows, ", ".join(next(iter(splits.values())).column_names)


if __name__ == "__main__":
    app()
