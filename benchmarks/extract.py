"""Comments and articles found by this project and by its peers, side by side on pages with gold comments.

    python benchmarks/extract.py GOLD [--pages N]

GOLD is a directory with html.jsonl.gz (id, url, comments, comment_block_text, negative, article_gold, article_text) and
pages.zip. A peer that is not installed is left out. Most peers give all comments as one text, or none.
"""

import argparse
import gzip
import json
import re
import statistics
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

Result = tuple[list[str], str]  # the comments' texts, the article
Tool = Callable[[bytes, str | None], Result]
_MATCH = 0.7  # intersection over union of two comments' words that are the same comment
_ALARM = 5  # words that a page without comments may give


def ours(data: bytes, url: str | None) -> Result:
    """Run this project."""
    from moderation import extract

    document = extract(data, url=url, format="html")
    return [comment.text for comment in document.comments], document.article


def trafilatura(data: bytes, url: str | None) -> Result:
    """Run trafilatura, which gives the comments as one text."""
    from trafilatura import bare_extraction

    found: Any = bare_extraction(data, url=url, include_comments=True)
    values: dict[str, Any] = found.as_dict() if found else {}
    return ([values["comments"]] if values.get("comments") else []), values.get("text") or ""


def resiliparse(data: bytes, _: str | None) -> Result:
    """Run resiliparse, which has comments only as the difference between two texts."""
    from resiliparse.extract.html2text import extract_plain_text

    text = data.decode("utf-8", "replace")
    article = extract_plain_text(text, main_content=True, comments=False)
    lines = Counter(article.splitlines())
    both = extract_plain_text(text, main_content=True, comments=True)
    rest = "\n".join(line for line in both.splitlines() if line not in lines)
    return ([rest] if rest.strip() else []), article


def newspaper(data: bytes, url: str | None) -> Result:
    """Run newspaper4k, which finds articles only."""
    Article = import_module("newspaper").Article  # noqa: N806

    article = Article(url or "https://example.org/")
    article.download(input_html=data.decode("utf-8", "replace"))
    article.parse()
    return [], article.text


def readability(data: bytes, _: str | None) -> Result:
    """Run readability-lxml, which finds articles only."""
    from lxml.html import fromstring

    Document = import_module("readability").Document  # noqa: N806

    return [], "".join(map(str, fromstring(Document(data.decode("utf-8", "replace")).summary()).itertext()))


TOOLS: dict[str, Tool] = {
    "moderation": ours,
    "trafilatura": trafilatura,
    "resiliparse": resiliparse,
    "newspaper4k": newspaper,
    "readability-lxml": readability,
}


def words(text: str) -> Counter[str]:
    """Return the words of `text` with their counts."""
    return Counter(re.findall(r"\w+", text.lower()))


def f1(found: Counter[str], gold: Counter[str]) -> float:
    """Return the F1 of two bags of words."""
    shared = (found & gold).total()
    return 2 * shared / max(1, found.total() + gold.total())


def singles(found: list[str], gold: list[str]) -> float:
    """Return the F1 of comments matched one to one, in the order of the page."""
    bags = [words(text) for text in found]
    free = set(range(len(bags)))
    hits = 0
    for text in gold:
        bag = words(text)
        for i in sorted(free):
            if (bags[i] & bag).total() >= _MATCH * max(1, (bags[i] | bag).total()):
                free.discard(i)
                hits += 1
                break
    return 2 * hits / max(1, len(found) + len(gold))


def gold_pages(gold: Path, most: int | None) -> Iterator[tuple[dict[str, Any], bytes]]:
    """Yield each row of the gold with its page."""
    with (
        zipfile.ZipFile(gold / "pages.zip") as archive,
        gzip.open(gold / "html.jsonl.gz", "rt", encoding="utf-8") as file,
    ):
        for number, line in enumerate(file):
            if number == most:
                return
            row = json.loads(line)
            yield row, archive.read(f"html/{row['id']}.html")


def measure(tool: Tool, gold: Path, most: int | None) -> dict[str, float]:
    """Return the tool's figures."""
    scores: dict[str, list[float]] = {name: [] for name in ("tokens", "single", "false alarms", "article")}
    crashes, pages, seconds = 0, 0, 0.0
    for row, data in gold_pages(gold, most):
        pages += 1
        started = time.perf_counter()
        try:
            comments, article = tool(data, row["url"])
        except ImportError:
            raise
        except Exception:  # noqa: BLE001 - a peer's crash is a result, too
            comments, article, crashes = [], "", crashes + 1
        seconds += time.perf_counter() - started
        texts = [comment["text"] for comment in row["comments"] or ()]
        if texts or row["comment_block_text"]:
            scores["tokens"].append(f1(words(" ".join(comments)), words(row["comment_block_text"] or " ".join(texts))))
            if texts:
                scores["single"].append(singles(comments, texts))
        elif row["negative"]:
            scores["false alarms"].append(float(words(" ".join(comments)).total() >= _ALARM))
        if row["article_gold"] == "full" and row["article_text"]:
            scores["article"].append(f1(words(article), words(row["article_text"])))
    figures = {name: statistics.mean(values) for name, values in scores.items() if values}
    return figures | {"pages a second": pages / seconds, "crashes": float(crashes)}


def main() -> None:
    """Measure every tool that is installed and print a table."""
    parser = argparse.ArgumentParser(description="Comment extraction beside its peers.")
    parser.add_argument("gold", type=Path)
    parser.add_argument("--pages", type=int, help="the first N pages only")
    arguments = parser.parse_args()
    for name, tool in TOOLS.items():
        try:
            figures = measure(tool, arguments.gold, arguments.pages)
        except ImportError as error:
            print(f"| {name} | not installed: {error.name} |")
            continue
        print(f"| {name} | " + " | ".join(f"{key} {value:.3f}" for key, value in figures.items()) + " |")


if __name__ == "__main__":
    main()
