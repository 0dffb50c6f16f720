"""Speed of the tiers beside the encoder in torch, in one run: `python benchmarks/accurate.py [--corpora DIR]`.

The fast tier, the cascade, the encoder in 8 bits, and the same encoder at full precision in torch (transformers' BERT,
from the folder `hf` that its training left: --checkpoint) judge the same comments in turns, several rounds of each.
torch gets every advantage: batches of like length, and texts cut where the others go on with another window. Wall clock
and processor time are both given: on a machine with other work only the second tells systems apart.
"""

import argparse
import importlib.util
import os
import platform
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from machine import processor
from news import load_texts, spread

from moderation.bundle import load_bundle
from moderation.classifiers import load_classifier
from moderation.classifiers.cascade import CascadeClassifier
from moderation.errors import BundleError

ROOT = Path(__file__).resolve().parent.parent
RESULT = ROOT / "benchmarks" / "results" / "accurate.md"
TORCH = "encoder, torch, 32 bits"
BATCH = 32

TIERS = {"fast": "fast: n-grams", "default": "default: cascade", "accurate": "accurate: encoder, onnxruntime, 8 bits"}

Judge = Callable[[list[str]], object]


def main() -> None:
    """Run the benchmark and write its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpora", type=Path, default=os.environ.get("MODERATION_CORPORA"), help="folder of corpora")
    parser.add_argument("--checkpoint", type=Path, help="the folder hf that training the encoder left")
    parser.add_argument(
        "--models", type=Path, help="folder with fast, accurate and default [default: the shipped ones]"
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--texts", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    all_texts, source = load_texts(Path(options.corpora) if options.corpora else None)
    texts = spread(all_texts, options.texts)
    source = f"{len(texts):,} of {source}, {sum(map(len, texts)) / len(texts):.0f} characters on average"
    systems: dict[str, Judge] = {}
    absent: dict[str, str] = {}
    notes = []
    for word, title in TIERS.items():
        try:
            bundle = load_bundle(options.models / word if options.models else word)
            classifier = load_classifier(bundle, options.threads)
        except BundleError as error:
            absent[title] = f"not here: {error}"
            continue
        systems[title] = classifier.probabilities
        if isinstance(classifier, CascadeClassifier):
            asked = classifier.unclear(classifier.fast.probabilities(texts)).mean()
            notes.append(f"The cascade asks its accurate part about {100 * asked:.1f} % of these comments.")
    if importlib.util.find_spec("torch") is None or importlib.util.find_spec("transformers") is None:
        absent[TORCH] = "not installed"
    elif options.checkpoint is None:
        absent[TORCH] = "not measured: no --checkpoint"
    else:
        systems[TORCH] = in_torch(options.checkpoint, options.threads)
    seconds = measured(systems, texts, options.rounds)
    table = render(seconds, absent, len(texts), f"{source}; {options.threads} threads; {options.rounds} rounds", notes)
    print(table)
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(table, encoding="utf-8")


def in_torch(checkpoint: Path, threads: int) -> Judge:
    """The encoder as it was fitted, at full precision."""
    import torch

    from moderation.text import normalise
    from moderation.training.encoder.checkpoint import read_checkpoint
    from moderation.training.encoder.fitting import padded

    torch.set_num_threads(threads)
    fitted = read_checkpoint(checkpoint)
    model = fitted.model.eval()
    tokenizer = fitted.tokenizer
    tokenizer.enable_truncation(128)

    def judge(texts: list[str]) -> object:
        encoded = tokenizer.encode_batch([normalise(text).text for text in texts])
        rows = sorted((np.array(encoding.ids, np.int32) for encoding in encoded), key=len)
        with torch.inference_mode():
            return [model(padded(rows[at : at + BATCH])) for at in range(0, len(rows), BATCH)]

    return judge


def measured(systems: dict[str, Judge], texts: list[str], rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Return (wall, processor) seconds of each system for all texts, a pair a round."""
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in systems}
    for run in systems.values():
        run(texts[:64])
    for number in range(rounds):
        for name, run in systems.items():
            wall, processor = time.perf_counter(), time.process_time()
            run(texts)
            seconds[name].append((time.perf_counter() - wall, time.process_time() - processor))
        print(f"round {number + 1} of {rounds}", flush=True)
    return seconds


def render(
    seconds: dict[str, list[tuple[float, float]]], absent: dict[str, str], count: int, source: str, notes: list[str]
) -> str:
    """Return the results as Markdown."""
    lines = [
        f"{processor()}, {os.cpu_count()} cores, Python {platform.python_version()}; {source} in turns, medians.",
        "",
        "| system | comments a second | a second of processor time | times the encoder |",
        "|---|---:|---:|---:|",
    ]
    encoder = next((statistics.median(c for _, c in v) for k, v in seconds.items() if k.startswith("accurate")), None)
    for name, values in seconds.items():
        wall, cpu = (statistics.median(pair[k] for pair in values) for k in (0, 1))
        times = "" if encoder is None else f"{encoder / cpu:.1f}"
        lines.append(f"| {name} | {count / wall:,.0f} | {count / cpu:,.0f} | {times} |")
    lines += [f"| {name} | {why} | | |" for name, why in absent.items()]
    return "\n".join([*lines, "", *notes]).rstrip() + "\n"


if __name__ == "__main__":
    main()
