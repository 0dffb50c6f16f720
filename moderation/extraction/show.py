"""A page painted with what was decided: article, comments, authors and times, and what was dropped, in colours."""

from html import escape

from moderation.extraction.encoding import decode
from moderation.extraction.page import extract, looks_like_html
from moderation.types import Document

_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em;background:#fff;color:#222}"
    "p{margin:.15em 0;padding:.1em .5em;white-space:pre-wrap;overflow-wrap:anywhere}"
    ".article{background:#e8f0fe}.comment{background:#e6f4e6}.odd{background:#cfe9cf}"
    ".byline{background:#fff1c9}.dropped{color:#999;text-decoration:line-through}"
    "header p{display:inline-block;margin-right:.5em}"
    "@media (prefers-color-scheme:dark){body{background:#181818;color:#ddd}.article{background:#1d2b45}"
    ".comment{background:#1d3a1d}.odd{background:#285028}.byline{background:#4a3d12}.dropped{color:#777}}"
)


def show(data: str | bytes, *, url: str | None = None, format: str | None = None) -> str:
    """Return a self-contained HTML page that paints every line by the part that `extract` put it in.

    Takes and raises what `moderation.extract` does. Nothing is loaded from elsewhere, nothing of the page runs.
    """
    text = data if isinstance(data, str) else decode(data)
    document = extract(text, url=url, format=format)
    if format == "html" or (format is None and looks_like_html(text)):
        from moderation.extraction.html import visible_text

        text = visible_text(text)
    counts = f"{len(document.comments)} comments, {len({c.author for c in document.comments if c.author})} authors"
    legend = "".join(f'<p class="{name}">{name}</p>' for name in ("article", "comment", "byline", "dropped"))
    main = "".join(_painted(text, document))
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8">'
        f"<title>{escape(document.title or 'Page')}</title>"
        f"<style>{_STYLE}</style><header>{legend}<p>{counts}</p></header><main>{main}</main></html>"
    )


def _painted(text: str, document: Document) -> list[str]:
    article = {_key(line) for line in document.article.splitlines()}
    owner: dict[str, int] = {}
    bylines: set[str] = set()
    for number, comment in enumerate(document.comments):
        for line in comment.text.splitlines():
            owner.setdefault(_key(line), number)
        bylines.update(_key(part) for part in (comment.author, comment.raw_time) if part)
    painted = []
    for line in text.splitlines():
        key = _key(line)
        if not key:
            continue
        if key in owner:
            name = "comment odd" if owner[key] % 2 else "comment"
        elif key in article:
            name = "article"
        else:
            name = "byline" if any(part in key for part in bylines if len(part) * 4 > len(key)) else "dropped"
        painted.append(f'<p class="{name}">{escape(line.strip())}</p>')
    return painted


def _key(line: str) -> str:
    return " ".join(line.split())
