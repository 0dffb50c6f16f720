"""The comments that speed is measured on."""

import gzip
import json
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NEWS = "unhealthy_unlabelled.jsonl.gz"


def load_texts(corpora: Path | None) -> tuple[list[str], str]:
    """Return news comments, or, where the corpus is missing, those of the sample corpus; and what they are."""
    if corpora and (corpora / NEWS).is_file():
        with gzip.open(corpora / NEWS, "rt", encoding="utf-8") as file:
            texts = [json.loads(line)["text"] for line in file]
        return texts, f"{len(texts):,} news comments (unhealthy_unlabelled)"
    with (ROOT / "data/samples/corpus/sample.jsonl").open(encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line in file]
    return texts, f"{len(texts):,} comments of the sample corpus (short ones; caches flatter every system)"


def spread(texts: list[str], count: int) -> list[str]:
    """Return `count` of the texts, evenly spread."""
    return texts[:: max(1, len(texts) // count)][:count]
