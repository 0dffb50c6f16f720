"""`moderation serve`."""

from pathlib import Path
from typing import Annotated

import typer

from moderation.cli.console import said_if_slow, say
from moderation.errors import MissingExtra


def serve(
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="Settings in TOML.")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen at. [default: 127.0.0.1]")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen at. [default: 8000]")] = None,
    model: Annotated[
        str | None,
        typer.Option(metavar="MODEL|DIR", help="What scores: default, fast, accurate, or a bundle's folder (./fast)."),
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Thresholds in TOML. [default: those that the bundle suggests]")
    ] = None,
    show_config: Annotated[
        bool, typer.Option("--show-config", help="Print the settings, with secrets hidden, and stop.")
    ] = False,
    new_key: Annotated[
        str | None, typer.Option(metavar="NAME", help="Make an API key, print it once with its settings, and stop.")
    ] = None,
    scope: Annotated[
        list[str] | None,
        typer.Option(metavar="SCOPE", help="For --new-key: score, feedback, metrics, admin; again for more."),
    ] = None,
) -> None:
    """Serve a scorer over HTTP: our own protocol, Perspective's, OpenAI's moderations, and hooks of forum software.

    Settings come from these options, else from variables (MODERATION_SERVE_PORT=8080), else from the file. SIGHUP loads
    model and policy anew.

    Example: `moderation serve --config service.toml --port 8080`
    """
    try:
        from moderation.service.core import Service
        from moderation.service.keys import new_key as draw_key
        from moderation.service.server import serve as run
        from moderation.service.settings import read_settings
    except ImportError:
        raise MissingExtra("The service", "serve") from None
    if new_key is not None:
        key, table = draw_key(new_key, scope or ["score"])
        typer.echo(f"{key}\n")
        say(f"This is the only time that the key is shown. Put its hash into the settings:\n\n{table}")
        return
    given = {"host": host, "port": port, "model": model, "policy": policy}
    settings = read_settings(config, **{name: value for name, value in given.items() if value is not None})
    if show_config:
        typer.echo(settings.shown())
        return
    with said_if_slow("Compiling the scoring kernels for this machine, once (about 20 seconds) ..."):
        service = Service(settings)
    run(service)
