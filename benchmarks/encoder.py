"""What the encoder's 8 bits and its explanations are worth: `python benchmarks/encoder.py --checkpoint DIR`.

*Eight bits.* The bundle, and the weights that it was made of at full precision in torch (the folder `hf` that training
left: --checkpoint), judge the same validation rows in the same windows. The table has the ROC AUC of both.

*Explanations.* Out of each flagged comment the heaviest span of the evidence is cut, and what is left is scored again:
how often does the label's score fall? And how many scores of the same comments does explaining them cost?
"""

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from moderation import Scorer
from moderation.bundle import load_bundle
from moderation.classifiers.encoder import EncoderClassifier, windows_of
from moderation.corpora import Corpus, load_corpora
from moderation.evaluation.contamination import recorded, without_seen
from moderation.evaluation.metrics import ranking
from moderation.labels import LABEL_NAMES
from moderation.text import normalise
from moderation.training.encoder.checkpoint import Fitted, read_checkpoint
from moderation.training.encoder.fitting import padded

ROOT = Path(__file__).resolve().parent.parent
RESULT = ROOT / "benchmarks" / "results" / "encoder.md"
BATCH = 64
LEAST = 20  # rows of a class: an AUC of fewer is noise


def main() -> None:
    """Measure, print the tables and write them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, default=os.environ.get("MODERATION_CORPORA"), help="folder of corpora")
    parser.add_argument("--checkpoint", type=Path, required=True, help="the folder hf that training the encoder left")
    parser.add_argument("--model", default="accurate", help="the encoder's bundle [default: the shipped one]")
    parser.add_argument("--rows", type=int, default=600, help="validation rows of each corpus")
    parser.add_argument("--explained", type=int, default=400, help="flagged comments that are explained")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    if options.corpora is None:
        parser.error("name the folder of corpora: --corpora DIR, or MODERATION_CORPORA")
    bundle = load_bundle(options.model)
    loaded = load_corpora(Path(options.corpora), for_training=False)
    corpora = without_seen(loaded, [], {bundle.identity: recorded(bundle)})[0]
    corpora = [c for c in corpora if c.spec.labels]
    scorer = Scorer.load(options.model, threads=options.threads)
    assert isinstance(scorer.classifier, EncoderClassifier)
    torch.set_num_threads(options.threads)
    table = agreement(scorer.classifier, read_checkpoint(options.checkpoint), corpora, options.rows)
    texts = [text for corpus in corpora for text in spread(corpus.texts, options.rows)]
    found = explanations(scorer, texts, options.explained)
    page = (
        "\n".join([f"{bundle.identity}; {options.rows} validation rows of each corpus.", "", *table, "", *found]) + "\n"
    )
    print(page)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(page, encoding="utf-8")


def spread(rows: Sequence[str], count: int) -> list[str]:
    """Return at most `count` of `rows`, evenly spread."""
    return [rows[k] for k in places(len(rows), count)]


def places(length: int, count: int) -> list[int]:
    """Return at most `count` of the numbers below `length`, evenly spread."""
    return [int(k) for k in np.unique(np.linspace(0, length - 1, min(count, length)).astype(int))]


def agreement(eight: EncoderClassifier, full: Fitted, corpora: Sequence[Corpus], count: int) -> list[str]:
    """Return the table of both AUCs."""
    lines = ["| label | corpus | rows | AUC, 32 bits | AUC, 8 bits | difference |", "|---|---|---:|---:|---:|---:|"]
    differences = []
    for corpus in corpora:
        chosen = places(len(corpus.texts), count)
        texts = [corpus.texts[k] for k in chosen]
        scores = in_torch(full, texts), eight.logits(texts)
        for column, label in enumerate(eight.info.labels):
            gold = corpus.labels[chosen, LABEL_NAMES.index(label)].astype(np.float64)
            known = ~np.isnan(gold)
            if min((gold == 0).sum(), (gold == 1).sum()) < LEAST:
                continue
            once = np.ones((1, int(known.sum())))
            areas = [float(ranking(gold[known], each[known, column], once)["auc"][0]) for each in scores]
            differences.append(areas[1] - areas[0])
            lines.append(
                f"| {label} | {corpus.spec.name} | {int(known.sum())} | {areas[0]:.4f} | {areas[1]:.4f} | "
                f"{differences[-1]:+.4f} |"
            )
    worst, mean = max(np.abs(differences)), float(np.mean(np.abs(differences)))
    lines += ["", f"Largest difference {worst:.4f}, mean of the absolute ones {mean:.4f}."]
    return lines


def in_torch(fitted: Fitted, texts: Sequence[str]) -> NDArray[np.float64]:
    """Return the logits of the weights at full precision, (n, labels)."""
    model, owners, windows = fitted.model.eval(), [], []
    for k, encoding in enumerate(fitted.tokenizer.encode_batch([normalise(text).text for text in texts])):
        cut = windows_of(np.array(encoding.ids, np.int64))
        owners += [k] * len(cut)
        windows += [window.astype(np.int32) for window in cut]
    order = sorted(range(len(windows)), key=lambda k: len(windows[k]))
    logits = np.full((len(texts), len(fitted.labels)), -np.inf)
    with torch.inference_mode():
        for at in range(0, len(order), BATCH):
            batch = order[at : at + BATCH]
            np.maximum.at(logits, [owners[k] for k in batch], model(padded([windows[k] for k in batch])).numpy())
    return logits


def explanations(scorer: Scorer, texts: Sequence[str], count: int) -> list[str]:
    """Return what was found of explanations: how often the heaviest span matters, and their cost."""
    probabilities = scorer.classifier.probabilities(texts)
    limits = [scorer.policy.thresholds[label].review for label in scorer.classifier.info.labels]
    chosen = spread([t for t, row in zip(texts, probabilities, strict=True) if (row >= limits).any()], count)
    started = time.perf_counter()
    for text in chosen:  # one at a time, as explaining does
        scorer.classifier.probabilities([text])
    plain = time.perf_counter() - started
    started = time.perf_counter()
    verdicts = [scorer.score([text])[0] for text in chosen]
    explained = time.perf_counter() - started
    lines = ["| label | flagged and explained | the score falls without the heaviest span |", "|---|---:|---:|"]
    for column, label in enumerate(scorer.classifier.info.labels):
        before, without = [], []
        for text, verdict in zip(chosen, verdicts, strict=True):
            spans = [span for span in verdict.evidence if span.label == label]
            if spans:
                top = max(spans, key=lambda span: span.weight)
                without.append(text[: top.start] + text[top.end :])
                before.append(verdict.scores[label])
        if before:
            fell = scorer.classifier.probabilities(without)[:, column] < np.array(before)
            lines.append(f"| {label} | {len(fell)} | {100 * fell.mean():.1f} % |")
    lines += [
        "",
        f"Scoring these {len(chosen)} comments one by one took {1e3 * plain / len(chosen):.1f} ms each, with the "
        f"explanation {1e3 * explained / len(chosen):.1f} ms: {explained / plain:.1f} times.",
    ]
    return lines


if __name__ == "__main__":
    main()
