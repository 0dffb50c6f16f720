"""`moderation score --list-formats`, and the columns that `--field` names."""

import sys
from dataclasses import fields as fields_of
from dataclasses import replace

import typer
from rich.console import Console
from rich.table import Table

from moderation.formats import FORMATS, Fields


def list_formats(wanted: bool) -> None:
    """Print the formats that are read, and end the program, if that is `wanted`."""
    if not wanted:
        return
    table = Table(show_lines=False)
    for name in ("format", "what it is", "fields besides the text", "known by", "cut at", "extra"):
        table.add_column(name, overflow="fold")
    for name, format in FORMATS.items():
        table.add_row(name, format.what, format.gives, format.told_by, format.cut_at or "-", format.extra or "-")
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(table)
    console.print("A packed file (.gz, .bz2, .xz, .zst) is known by its content.")
    raise typer.Exit


def mapped(text_field: str, id_field: str, others: list[str]) -> Fields:
    """Return the columns that `--text-field`, `--id-field` and `--field NAME=COLUMN` name."""
    fields = Fields(text_field, id_field)
    known = [field.name for field in fields_of(Fields)]
    for item in others:
        name, equals, column = item.partition("=")
        if not equals or name not in known or not column:
            raise typer.BadParameter(f"{item!r}: give {'|'.join(known)}=COLUMN", param_hint="--field")
        fields = replace(fields, **{name: column})
    return fields
