"""Where the files that ship beside the code are: bundles, corpus specs, samples."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def shipped(path: str) -> Path:
    """Return where `path` (such as "models/default" or "data/corpora") lies, in a checkout or in an installed wheel."""
    inside_wheel = _PACKAGE / "_shipped" / path
    return inside_wheel if inside_wheel.exists() else _PACKAGE.parent / path
