"""`extract`: one page in, its article and its comments out."""

from moderation.types import Document


def extract(data: str | bytes, *, url: str | None = None, format: str | None = None) -> Document:
    """Separate the article of a page from its reader comments."""
    raise NotImplementedError
