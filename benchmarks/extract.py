"""Comments and articles found by this project and by its peers, side by side on pages with gold comments.

    python benchmarks/extract.py GOLD [--forms html wet ...] [--tools NAME ...] [--limit N]

GOLD is a directory with html.jsonl.gz (a page a row: id, kind, url, comments with author, time and text,
comment_block_text, negative, article_gold, article_text), pages.zip (html/ID.html, text/FORM/ID.txt) and, for each form
of plain text, text_FORM.jsonl.gz (id, spans: null where the form no longer shows a comment). Writes
benchmarks/results/extract.md.

Every tool gets the same bytes, one page after the other, in a process that is killed when a page takes too long; what
it did not finish counts as nothing found, and with the whole of that time. Seconds are of processor time.
"""

import argparse
import gzip
import json
import logging
import platform
import re
import statistics
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

from machine import processor

from moderation.batch.bounded import Bounded, Limits
from moderation.errors import InputError
from moderation.extraction.encoding import decode

RESULT = Path(__file__).resolve().parent / "results" / "extract.md"
SAME = 0.7  # intersection over union of two comments' words from which on they are one comment
ALARM = 5  # words called comments on a page without any
SHINGLE = 6  # words in a row that leak from the comments into the article
FORMS = ("html", "resiliparse_main", "wet", "inscriptis")


@dataclass(frozen=True, slots=True)
class Found:
    """What a tool finds on a page: comments as (text, author), and the article."""

    comments: list[tuple[str, str | None]] = field(default_factory=list)
    article: str = ""


def ours(data: bytes, url: str | None, form: str) -> Found:
    """Run this project."""
    from moderation import extract

    document = extract(data, url=url, format="html" if form == "html" else "text")
    return Found([(comment.text, comment.author) for comment in document.comments], document.article)


def keyword(data: bytes, url: str | None, form: str) -> Found:
    """Cut a plain text at the first line that announces comments: what people do by hand."""
    del url, form
    text = decode(data)
    boundary = re.search(r"(?im)^\W*(?:\d+ )?(?:comments?|kommentare?|commentaires?|responses?|replies)\b.*$", text)
    return Found([(text[boundary.end() :], None)], text[: boundary.start()]) if boundary else Found([], text)


def trafilatura(data: bytes, url: str | None, form: str) -> Found:
    """Run trafilatura, which gives the comments as one text."""
    from trafilatura import bare_extraction

    del form
    found: Any = bare_extraction(data, url=url, include_comments=True)
    values: dict[str, Any] = found.as_dict() if found else {}
    return Found([(values["comments"], None)] if values.get("comments") else [], values.get("text") or "")


def resiliparse(data: bytes, url: str | None, form: str) -> Found:
    """Run resiliparse, which has comments only as the difference between two texts."""
    from resiliparse.extract.html2text import extract_plain_text

    del url, form
    page = decode(data)
    article = extract_plain_text(page, main_content=True, comments=False)
    lines = set(article.splitlines())
    both = extract_plain_text(page, main_content=True, comments=True)
    rest = "\n".join(line for line in both.splitlines() if line not in lines)
    return Found([(rest, None)] if rest.strip() else [], article)


def extruct(data: bytes, url: str | None, form: str) -> Found:
    """Run extruct, and take the comments and the article out of the structured data that it finds."""
    del form
    page = import_module("extruct").extract(
        decode(data), base_url=url, syntaxes=["json-ld", "microdata"], uniform=True, errors="ignore"
    )
    found = Found()
    articles: list[str] = []
    stack: list[Any] = [page]
    while stack:
        top = stack.pop()
        if isinstance(top, list):
            stack.extend(reversed(top))
        elif isinstance(top, dict):
            kind, author = str(top.get("@type")), top.get("author") or top.get("creator")
            text = top.get("text") or top.get("commentText")
            if "Comment" in kind and isinstance(text, str):
                name = author.get("name") if isinstance(author, dict) else author
                found.comments.append((text, name if isinstance(name, str) else None))
            elif isinstance(body := top.get("articleBody"), str):
                articles.append(body)
            stack.extend(reversed([value for value in top.values() if isinstance(value, list | dict)]))
    return Found(found.comments, "\n".join(articles))


def newspaper(data: bytes, url: str | None, form: str) -> Found:
    """Run newspaper4k, which finds articles only."""
    del form
    # It asks the network for the images of a page, unless it is told not to.
    article = import_module("newspaper").Article(url or "https://example.org/", fetch_images=False)
    article.download(input_html=decode(data))
    article.parse()
    return Found([], article.text)


def readability(data: bytes, url: str | None, form: str) -> Found:
    """Run readability-lxml, which finds articles only."""
    from lxml.html import fromstring

    del url, form
    summary = import_module("readability").Document(decode(data)).summary()
    return Found([], "\n".join(map(str, fromstring(summary).itertext())))


def harvest(data: bytes, url: str | None, form: str) -> Found:
    """Run harvest-webforum, which finds the posts of forums."""
    del form
    posts = import_module("harvest").extract_data(decode(data), url or "https://example.org/")["posts"]
    return Found([(post["post_text"], post.get("user")) for post in posts])


@dataclass(frozen=True, slots=True)
class Tool:
    """A system that is measured: its function, the package that pip installs and Python imports, what it reads."""

    run: Callable[[bytes, str | None, str], Found]
    package: str | None = None
    module: str | None = None
    reads: str = "html"


TOOLS = {
    "moderation": Tool(ours, reads="html text"),
    "keyword line": Tool(keyword, reads="text"),
    "trafilatura": Tool(trafilatura, "trafilatura", "trafilatura"),
    "resiliparse": Tool(resiliparse, "resiliparse", "resiliparse"),
    "extruct": Tool(extruct, "extruct", "extruct"),
    "newspaper4k": Tool(newspaper, "newspaper4k", "newspaper"),
    "readability-lxml": Tool(readability, "readability-lxml", "readability"),
    "harvest-webforum": Tool(harvest, "harvest-webforum", "harvest"),
}


def timed(name: str, data: bytes, url: str | None, form: str) -> tuple[Found, float]:
    """Run a tool and return what it found, and the seconds of processor time that it took."""
    started = time.process_time()
    found = TOOLS[name].run(data, url, form)
    return found, time.process_time() - started


class WarmUp:
    """Loads a tool, on a page that is not measured."""

    def __init__(self, name: str, form: str) -> None:
        self.name, self.form = name, form

    def __call__(self) -> None:
        """Run the tool once, whatever comes of it."""
        logging.disable()
        with suppress(Exception):  # a tool may not like so small a page
            timed(self.name, b"<html><body><p>Some words of a page.</p></body></html>", None, self.form)


Bag = Counter[str]


def words(text: str) -> list[str]:
    """Return the words of a text, in lower case."""
    return re.findall(r"\w+", text.lower())


def bag(texts: Iterable[str | None]) -> Bag:
    """Return how often each word stands in the texts."""
    return Counter(word for text in texts for word in words(text or ""))


def f_score(found: Bag, wanted: Bag, allowed: Bag | None = None) -> float:
    """Return the F1 of words; those that are `allowed` lower no precision, but raise no recall."""
    right = (found & (wanted if allowed is None else allowed)).total()
    precision = right / found.total() if found else 0.0
    recall = (found & wanted).total() / max(1, wanted.total())
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def pairs(found: Sequence[Bag], gold: Sequence[Bag]) -> list[tuple[int, int]]:
    """Match comments one to one, the most alike first; of those as much alike, the nearest in order."""
    alike = [
        ((a & b).total() / (a | b).total(), -abs(i - j), i, j)
        for i, a in enumerate(found)
        for j, b in enumerate(gold)
        if a or b
    ]
    matched: dict[int, int] = {}
    taken: set[int] = set()
    for likeness, _, i, j in sorted((pair for pair in alike if pair[0] >= SAME), reverse=True):
        if likeness >= SAME and i not in matched and j not in taken:
            matched[i] = j
            taken.add(j)
    return list(matched.items())


def shingles(text: Sequence[str]) -> set[tuple[str, ...]]:
    """Return all runs of SHINGLE words."""
    return {tuple(text[k : k + SHINGLE]) for k in range(len(text) - SHINGLE + 1)}


@dataclass(slots=True)
class Figures:
    """The scores of one tool, page by page, by the kind of page and what is measured; see `judge`."""

    scores: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    seconds: float = 0.0
    pages: int = 0
    failed: Counter[str] = field(default_factory=Counter)

    def add(self, kind: str, name: str, *values: float) -> None:
        """Add values to one score."""
        self.scores.setdefault((kind, name), []).extend(values)

    def mean(self, kind: str, name: str) -> str:
        """Return the mean of a score, or a dash."""
        values = self.scores.get((kind, name))
        return f"{statistics.mean(values):.3f}" if values else "-"


def judge(figures: Figures, row: dict[str, Any], visible: str, found: Found, gold: list[dict[str, Any]]) -> None:
    """Add what one page says of a tool.

    tokens: F1 of all words called comments; authors and times of the gold are allowed among them. single: F1 of
    comments matched one to one. author: share of the matched ones whose author is the gold's, where the page shows it.
    alarm: whether a page without comments gave ALARM words. article: F1 of its words. leak: share of the comments'
    shingles that stand in the article.
    """
    kind = "forum" if row["kind"] == "forum" else "article"
    spoken = bag(text for text, _ in found.comments)
    texts = [comment["text"] for comment in gold]
    block = row["block"]
    if gold or block:
        wanted = bag(texts) if gold else bag([block])
        beside = bag(part for comment in gold for part in (comment["author"], comment["time"]))
        figures.add(kind, "tokens", f_score(spoken, wanted, (wanted + beside) | bag([block])))
    elif row["negative"]:
        figures.add(kind, "alarm", float(spoken.total() >= ALARM))
    if gold:
        matched = pairs([bag([text]) for text, _ in found.comments], [bag([text]) for text in texts])
        figures.add(kind, "single", 2 * len(matched) / max(1, len(found.comments) + len(gold)))
        for i, j in matched:
            author = gold[j]["author"]
            if author and author in visible:
                figures.add(kind, "author", float(_name(found.comments[i][1]) == _name(author)))
        said = shingles(words(" ".join(texts)))
        if said and kind == "article":
            figures.add(kind, "leak", len(said & shingles(words(found.article))) / len(said))
    if row["article_gold"] == "full" and row["article_text"] and kind == "article":
        figures.add(kind, "article", f_score(bag([found.article]), bag([row["article_text"]])))


def _name(author: str | None) -> str:
    return " ".join((author or "").split()).lower()


def gold_pages(gold: Path, form: str, most: int | None) -> Iterator[tuple[dict[str, Any], bytes, list[dict[str, Any]]]]:
    """Yield each row of the gold with its page and the comments that can be found there; `most` evenly spread ones."""
    with gzip.open(gold / "html.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    spans: dict[str, list[Any]] = {}
    if form != "html":
        with gzip.open(gold / f"text_{form}.jsonl.gz", "rt", encoding="utf-8") as file:
            spans = {row["id"]: row["spans"] for row in map(json.loads, file)}
        rows = [row for row in rows if row["id"] in spans]
    if most is not None and most < len(rows):
        rows = [rows[k * len(rows) // most] for k in range(most)]
    with zipfile.ZipFile(gold / "pages.zip") as archive:
        for row in rows:
            comments = row["comments"] or []
            if form != "html":
                comments = [c for c, span in zip(comments, spans[row["id"]], strict=False) if span]
            # The human's block is one of the HTML page: a rendering may have dropped parts of it.
            row["block"] = row["comment_block_text"] if form == "html" else None
            name = f"html/{row['id']}.html" if form == "html" else f"text/{form}/{row['id']}.txt"
            yield row, archive.read(name), comments


def measure(name: str, gold: Path, form: str, options: argparse.Namespace) -> Figures:
    """Run a tool over all pages."""
    figures = Figures()
    with Bounded(Limits(options.timeout, None), WarmUp(name, form)) as process:
        for row, data, comments in gold_pages(gold, form, options.limit):
            figures.pages += 1
            try:
                found, seconds = process.call(timed, name, data, row["url"], form)
            except InputError as error:
                found, seconds = Found(), options.timeout if "longer" in str(error) else 0.0
                figures.failed[str(error)] += 1
            figures.seconds += seconds
            judge(figures, row, data.decode("utf-8", "replace"), found, comments)
    return figures


COLUMNS = (
    ("article", "tokens", "articles: tokens F"),
    ("article", "single", "single F"),
    ("article", "author", "author"),
    ("forum", "tokens", "forums: tokens F"),
    ("forum", "single", "single F"),
    ("forum", "author", "author"),
    ("article", "alarm", "false alarms"),
    ("article", "article", "article F"),
    ("article", "leak", "leak"),
)


def table(form: str, results: dict[str, Figures | str]) -> str:
    """Return the results for one form as a Markdown table."""
    head = ["tool", *(title for _, _, title in COLUMNS), "pages/s", "failed"]
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    pages = max((f.pages for f in results.values() if isinstance(f, Figures)), default=0)
    for name, figures in results.items():
        if isinstance(figures, str):
            lines.append(f"| {name} | {figures} |" + " |" * (len(head) - 2))
            continue
        cells = [figures.mean(kind, score) for kind, score, _ in COLUMNS]
        rate = f"{figures.pages / figures.seconds:.1f}" if figures.seconds else "-"
        lines.append(f"| {name} | " + " | ".join([*cells, rate, str(figures.failed.total())]) + " |")
    return f"## {form}: {pages} pages\n\n" + "\n".join(lines) + "\n"


def main() -> None:
    """Measure every tool that is installed and write the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", type=Path)
    parser.add_argument("--forms", nargs="+", choices=FORMS, default=["html", "resiliparse_main", "wet"])
    parser.add_argument("--tools", nargs="+", choices=list(TOOLS), default=list(TOOLS))
    parser.add_argument("--limit", type=int, help="this many pages of each form, evenly spread")
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds after which a page is given up")
    parser.add_argument("--output", type=Path, default=RESULT)
    options = parser.parse_args()
    parts = []
    versions = []
    for form in options.forms:
        results: dict[str, Figures | str] = {}
        for name in options.tools:
            tool = TOOLS[name]
            if ("html" if form == "html" else "text") not in tool.reads:
                continue
            try:
                if tool.package and tool.module:
                    import_module(tool.module)
                    versions.append(f"{tool.package} {metadata.version(tool.package)}")
            except ImportError:
                results[name] = f"not installed: pip install {tool.package}"
                continue
            results[name] = measure(name, options.gold, form, options)
            print(table(form, {name: results[name]}), flush=True)
        parts.append(table(form, results))
    said = f" --forms {' '.join(options.forms)}" + (f" --limit {options.limit}" if options.limit else "")
    measured = ", ".join([processor(), f"Python {platform.python_version()}", "one core", *dict.fromkeys(versions)])
    head = (
        "# Comments and articles, side by side\n\n"
        f"`python benchmarks/extract.py GOLD{said}`, {measured}. "
        "Pages a second of processor time; means over pages; `judge` in the script says "
        "what each figure is. Of the peers, trafilatura and resiliparse give all comments as one text, newspaper4k and "
        "readability-lxml give none, and none reads plain text: there the other row cuts each text at the first line "
        "that says comments follow.\n\n"
    )
    options.output.parent.mkdir(exist_ok=True)
    options.output.write_text(head + "\n".join(parts), encoding="utf-8")
    print(f"Wrote {options.output}.")


if __name__ == "__main__":
    main()
