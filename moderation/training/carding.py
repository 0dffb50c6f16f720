"""A card into a bundle: the figures of an evaluation as a file of the bundle, and the card that is made of them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from moderation.bundle import Bundle, Manifest, write_bundle
from moderation.errors import BundleCorrupt, EvaluationError
from moderation.training.card import model_card
from moderation.training.figures import FILE, figures, to_json

CARD = "README.md"


def figures_of(bundle: Bundle) -> dict[str, Any] | None:
    """Return the figures that a bundle holds, or None. Raises BundleCorrupt where they cannot be read."""
    if FILE not in bundle.files:
        return None
    try:
        values: dict[str, Any] = dict(json.loads(bundle.files[FILE]))
        model_card(bundle.manifest, values)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise BundleCorrupt(f"{bundle.path / FILE}: no figures of an evaluation. Get the bundle again.") from None
    return values


def read_evaluation(path: Path, manifest: Manifest) -> dict[str, Any]:
    """Read the figures out of what `moderation evaluate --json` wrote.

    Raises EvaluationError where it cannot be read, is something else, or measured another model.
    """
    try:
        values = json.loads(path.read_bytes())
    except OSError as error:
        raise EvaluationError(f"{path} cannot be read: {error.strerror}. Check the path.") from None
    except (ValueError, RecursionError):
        raise EvaluationError(f"{path} is not JSON. Give what `moderation evaluate --json FILE` wrote.") from None
    return figures(values, manifest)


def write_carded(bundle: Bundle, values: Mapping[str, Any] | None) -> Bundle:
    """Write a bundle again in its place, with its card and the figures. Raises OutputError."""
    files = {name: contents for name, contents in bundle.files.items() if name != FILE}
    files |= {CARD: model_card(bundle.manifest, values).encode()} | (
        {FILE: to_json(values)} if values is not None else {}
    )
    return write_bundle(bundle.path, bundle.manifest, files)
