"""How far our toxicity goes along with Perspective's: `python benchmarks/perspective.py --corpora DIR`.

The corpus wiki_cat (Wikipedia talk pages; Pavlopoulos et al. 2020) holds Perspective's TOXICITY as it was then beside
the label of its raters. Only its validation part is looked at, which trained nothing. Intervals are 95 % bootstrap
percentiles over groups.
"""

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from moderation import Scorer
from moderation.corpora import load_corpora

ROOT = Path(__file__).resolve().parent.parent
RESULT = ROOT / "benchmarks" / "results" / "perspective.md"
CORPUS = "wiki_cat"
RESAMPLES = 1000

Numbers = npt.NDArray[Any]


def main() -> None:
    """Measure, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpora", type=Path, default=os.environ.get("MODERATION_CORPORA"), required=False)
    parser.add_argument("--model", default="default")
    options = parser.parse_args()
    if options.corpora is None:
        parser.error("name the folder of corpora: --corpora DIR")
    (corpus,) = load_corpora(Path(options.corpora), [CORPUS], for_training=False)
    scorer = Scorer.load(options.model)
    column = scorer.classifier.info.labels.index("toxicity")
    kept = [
        k
        for k, meta in enumerate(corpus.meta)
        if corpus.split[k] == "validation" and isinstance(meta.get("perspective"), float)
    ]
    ours = scorer.classifier.probabilities([corpus.texts[k] for k in kept])[:, column].astype(np.float64)
    theirs = np.array([corpus.meta[k]["perspective"] for k in kept])
    toxic = corpus.labels[kept, 2] == 1
    groups = np.unique([corpus.groups[k] for k in kept], return_inverse=True)[1]
    table = render(scorer.model, {"n": len(kept), "toxic": int(toxic.sum())}, measured(ours, theirs, toxic, groups))
    print(table)
    RESULT.write_text(table, encoding="utf-8")


def measured(ours: Numbers, theirs: Numbers, toxic: Numbers, groups: Numbers) -> dict[str, tuple[float, float, float]]:
    """Return each measure with its interval."""
    measures: dict[str, Callable[[Numbers], float]] = {
        "Spearman correlation with Perspective": lambda k: correlation(ours[k], theirs[k]),
        "our AUC for Perspective at 0.5 or more": lambda k: area(ours[k], theirs[k] >= 0.5),
        "our AUC for Perspective at 0.8 or more": lambda k: area(ours[k], theirs[k] >= 0.8),
        "our AUC for the raters' label": lambda k: area(ours[k], toxic[k]),
        "Perspective's AUC for the raters' label": lambda k: area(theirs[k], toxic[k]),
    }
    generator = np.random.default_rng(0)
    members = [np.flatnonzero(groups == g) for g in range(int(groups.max()) + 1)]
    everything = np.arange(len(ours))
    found = {}
    draws = [
        np.concatenate([members[g] for g in generator.integers(0, len(members), len(members))])
        for _ in range(RESAMPLES)
    ]
    for name, measure in measures.items():
        values = [measure(rows) for rows in draws]
        low, high = np.nanpercentile(values, [2.5, 97.5])
        found[name] = (measure(everything), float(low), float(high))
    return found


def correlation(a: Numbers, b: Numbers) -> float:
    """Return Spearman's rank correlation, ties sharing their mean rank."""
    return float(np.corrcoef(rankdata(a), rankdata(b))[0, 1])


def area(scores: Numbers, positive: Numbers) -> float:
    """Return the area under the ROC curve, ties counting half; NaN where there is one class only."""
    count = int(positive.sum())
    if count in (0, len(scores)):
        return float("nan")
    ranks = rankdata(scores)
    return float((ranks[positive].sum() - count * (count + 1) / 2) / (count * (len(scores) - count)))


def render(model: str, counts: dict[str, int], found: dict[str, tuple[float, float, float]]) -> str:
    """Return the table as Markdown."""
    lines = [
        f"{model}; validation part of {CORPUS}: {counts['n']:,} rows, {counts['toxic']} of them toxic to the raters.",
        "",
        "| measure | value | 95 % interval |",
        "|---|---:|---|",
    ]
    lines += [f"| {name} | {value:.2f} | {low:.2f} to {high:.2f} |" for name, (value, low, high) in found.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
