"""Speed of the n-gram tier beside two peers, in one run on one core: `python benchmarks/speed.py [--corpora DIR]`.

The peers are alt-profanity-check (a linear SVM over word counts) and scikit-learn's own road to such a model, the union
of a word and a character TfidfVectorizer with logistic regression. All systems get the same texts in turns, several
rounds of each; the table shows the median round and the best one. `make benchmark` installs what it needs.
"""

import argparse
import json
import os
import platform
import statistics
import time
import warnings
from collections.abc import Callable
from pathlib import Path

from machine import processor
from news import load_texts

ROOT = Path(__file__).resolve().parent.parent
RESULT = ROOT / "benchmarks" / "results" / "speed.md"
LEAST = 20_000  # texts: fewer are judged too fast to be timed

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"


def main() -> None:
    """Run the benchmark and write its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--corpora", type=Path, default=os.environ.get("MODERATION_CORPORA"), help="directory of corpora"
    )
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    texts, source = load_texts(Path(options.corpora) if options.corpora else None)
    texts *= max(1, LEAST // len(texts))
    systems = {
        "moderation, probabilities": (moderation_probabilities(), len(texts)),
        "moderation, verdicts with evidence": (moderation_verdicts(), len(texts)),
        "alt-profanity-check": (alt_profanity_check(), len(texts)),
        "scikit-learn word + char TF-IDF": (tfidf_union(), min(len(texts), 4000)),
    }
    rates: dict[str, list[float]] = {name: [] for name in systems}
    for name, (run, _) in systems.items():
        run(texts[:64])
        print(f"warm: {name}", flush=True)
    for number in range(options.rounds):
        for name, (run, count) in systems.items():
            started = time.perf_counter()
            run(texts[:count])
            rates[name].append(count / (time.perf_counter() - started))
        print(f"round {number + 1} of {options.rounds}", flush=True)
    table = render(rates, single_latencies(texts[:5000]), source)
    print(table)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(table, encoding="utf-8")


def moderation_probabilities() -> Callable[[list[str]], object]:
    """Strings to probabilities, normalisation included."""
    from moderation import Scorer

    return Scorer.load("fast").classifier.probabilities


def moderation_verdicts() -> Callable[[list[str]], object]:
    """Strings to verdicts, with actions and evidence."""
    from moderation import Scorer

    return Scorer.load("fast").score


def alt_profanity_check() -> Callable[[list[str]], object]:
    """The peer as its README shows it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from profanity_check import predict_prob

    result: Callable[[list[str]], object] = predict_prob
    return result


def tfidf_union() -> Callable[[list[str]], object]:
    """Word 1-2 and character 2-5 TF-IDF with logistic regression, fitted on the sample corpus: for its speed alone."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union

    with (ROOT / "data/samples/corpus/sample.jsonl").open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    union = make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        TfidfVectorizer(analyzer="char", ngram_range=(2, 5), sublinear_tf=True),
    )
    model = make_pipeline(union, LogisticRegression(max_iter=1000))
    model.fit([row["text"] for row in rows], [row["hate"] or 0 for row in rows])
    result: Callable[[list[str]], object] = model.predict_proba
    return result


def single_latencies(texts: list[str]) -> list[float]:
    """Return the seconds that `Scorer.score` takes for each comment by itself."""
    from moderation import Scorer

    score = Scorer.load("fast").score
    latencies = []
    for text in texts:
        started = time.perf_counter()
        score([text])
        latencies.append(time.perf_counter() - started)
    return latencies


def render(rates: dict[str, list[float]], latencies: list[float], source: str) -> str:
    """Return the results as Markdown."""
    peer = statistics.median(rates["alt-profanity-check"])
    lines = [
        f"One core of {processor()}, Python {platform.python_version()}; {source}; "
        f"{len(next(iter(rates.values())))} rounds in turns.",
        "",
        "| system | comments a second (median) | best round | of alt-profanity-check |",
        "|---|---:|---:|---:|",
    ]
    for name, values in rates.items():
        median = statistics.median(values)
        lines.append(f"| {name} | {median:,.0f} | {max(values):,.0f} | {median / peer:.2f} |")
    cuts = statistics.quantiles(latencies, n=100)
    lines += [
        "",
        f"One comment by itself, `Scorer.score([comment])`: median {1e6 * cuts[49]:.0f} µs, "
        f"99th percentile {1e6 * cuts[98]:.0f} µs.",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
