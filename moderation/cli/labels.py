"""`moderation labels`."""

import typer


def labels() -> None:
    """Print what each label means, who defined it, and which corpora carry it.

    Example: `moderation labels`
    """
    from moderation.corpora import carriers
    from moderation.labels import LABELS

    carried = carriers()
    for label in LABELS:
        typer.echo(
            f"{label.name}: {label.title}\n  {label.definition}\n  source: {label.source}\n          {label.url}"
        )
        typer.echo(f"  corpora: {', '.join(carried[label.name]) or 'none'}\n")
