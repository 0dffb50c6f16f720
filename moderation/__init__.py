"""Finds hate speech and antisemitism in reader comments: offline, on a CPU, versioned, explained."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .errors import ModerationError as ModerationError
    from .extraction.page import extract as extract
    from .policy import Policy as Policy
    from .scorer import Scorer as Scorer
    from .types import Comment as Comment
    from .types import Document as Document
    from .types import Span as Span
    from .types import Verdict as Verdict

__version__ = "0.1.0"

# Public name -> the module that defines it, imported when the name is first asked for.
_EXPORTS = {
    "Comment": "types",
    "Document": "types",
    "ModerationError": "errors",
    "Policy": "policy",
    "Scorer": "scorer",
    "Span": "types",
    "Verdict": "types",
    "extract": "extraction.page",
}

__all__ = [*_EXPORTS]


def __getattr__(name: str) -> Any:
    if name not in _EXPORTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f".{_EXPORTS[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_EXPORTS})
