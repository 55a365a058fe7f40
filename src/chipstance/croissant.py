"""The release described for Croissant 1.0 with its responsible-AI fields.

The text of those fields is the card's own: a line ``<!-- rai:dataLimitations -->`` in the card says
that what follows, up to the next heading or such line, is the value of that field.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from chipstance.contents import Contents
from chipstance.jsonfile import dump_json
from chipstance.parquet import NAME, TableFile
from chipstance.tables import Column, Table

RAI_FIELDS = {
    "dataCollection": "data_collection",
    "dataPreprocessingProtocol": "data_preprocessing_protocol",
    "dataAnnotationProtocol": "data_annotation_protocol",
    "dataAnnotationAnalysis": "data_annotation_analysis",
    "annotatorDemographics": "annotator_demographics",
    "dataUseCases": "data_use_cases",
    "dataLimitations": "data_limitations",
    "dataBiases": "data_biases",
    "dataSocialImpact": "data_social_impact",
    "personalSensitiveInformation": "personal_sensitive_information",
    "dataReleaseMaintenancePlan": "data_release_maintenance_plan",
}
"""Each field's name in Croissant and in mlcroissant; a card holds all of them."""

TYPES = {"string": "TEXT", "bool": "BOOL", "int32": "INTEGER", "date32": "DATE"}
PARQUET = "application/x-parquet"


class CroissantError(ValueError):
    """A card that does not hold what Croissant asks for."""


def make_croissant(contents: Contents, card: str) -> str:
    """Return the content of ``croissant.json``: a RecordSet for each config and split.

    Args:
        contents: the data of the release.
        card: the rendered card, whose marked passages become the responsible-AI fields.

    Raises:
        CroissantError: the card lacks a field or marks one that there is not.
    """
    import mlcroissant as mlc

    citation = contents.citation
    authors = ", ".join(citation.authors)
    metadata = mlc.Metadata(
        name=NAME,
        description=citation.abstract,
        license=[f"https://spdx.org/licenses/{citation.license}.html"],
        url=citation.url,
        version=contents.version,
        cite_as=f"{authors} ({citation.released.year}). {citation.title}. Version {contents.version}.",
        date_published=datetime.combine(citation.released, datetime.min.time()),
        creators=[mlc.Organization(name=name) for name in citation.authors],
        distribution=[_file_object(file) for file in contents.files],
        record_sets=[_record_set(table, file) for table in contents.tables for file in contents.of(table.config)],
        **rai_values(card),
    )
    return dump_json(metadata.to_json())


def rai_values(card: str) -> Mapping[str, str]:
    """Return the responsible-AI fields that a card marks, by mlcroissant's names.

    Raises:
        CroissantError: a field is missing, stands twice or is none of Croissant's.
    """
    marked = re.findall(r"^<!-- rai:(\w+) -->\n(.*?)(?=^#|^<!-- rai:|\Z)", card, re.MULTILINE | re.DOTALL)
    values = {name: text.strip() for name, text in marked if text.strip()}
    for name in (*RAI_FIELDS, *(name for name, _ in marked)):
        if [field for field, _ in marked].count(name) != 1 or name not in RAI_FIELDS.keys() & values.keys():
            raise CroissantError(
                f"dataset_card.md: a line <!-- rai:{name} --> must stand before one passage, which ends at the next "
                f"heading or such line; Croissant's fields are {', '.join(RAI_FIELDS)}"
            )
    return {RAI_FIELDS[name]: text for name, text in values.items()}


def _file_object(file: TableFile) -> Any:
    import mlcroissant as mlc

    return mlc.FileObject(
        id=file.path,
        name=file.path,
        description=f"Config {file.config}, split {file.split}: {file.rows} rows.",
        content_url=file.path,
        content_size=f"{len(file.data)} B",
        encoding_formats=[PARQUET],
        sha256=file.sha256,
    )


def _record_set(table: Table, file: TableFile) -> Any:
    import mlcroissant as mlc

    name = f"{table.config}/{file.split}"
    fields = [_field(name, column, file) for column in table.columns]
    return mlc.RecordSet(id=name, name=name, description=table.description, fields=fields)


def _field(parent: str, column: Column, file: TableFile, struct: str = "") -> Any:
    """Return a column's field; a struct's field is read from the struct's column."""
    import mlcroissant as mlc

    name = f"{parent}/{column.name}"
    common = {"id": name, "name": name, "description": column.description, "repeated": column.many or None}
    if column.fields:
        return mlc.Field(**common, sub_fields=[_field(name, field, file, column.name) for field in column.fields])
    extract = mlc.Extract(column=struct or column.name)
    transforms = [mlc.Transform(json_path=column.name)] if struct else []
    source = mlc.Source(file_object=file.path, extract=extract, transforms=transforms)
    return mlc.Field(**common, data_types=[_data_type(column)], source=source)


def _data_type(column: Column) -> Any:
    import mlcroissant as mlc

    name = "INTEGER" if column.labels else TYPES.get(column.type, "FLOAT")
    return getattr(mlc.DataType, name)
