"""Speed of batch runs: `python benchmarks/batch.py [--corpora DIR] [--rows N] [--work DIR] [PART...]`.

Parts (default: the first four):

    stages    what each step of the way costs on one core, by itself: read, parse, join, normalise, score, write
    lines     `moderation score` over JSON Lines, one worker and two
    parquet   the same over Parquet
    peers     alt-profanity-check over the same file, and Detoxify (BERT-base with drawn weights) over a sample
    memory    peak resident memory of one worker over N rows and over ten times as many
    ray       the same run on a local Ray cluster with one and with two workers
    pages     `moderation extract` over the saved pages of --pages DIR

Every part runs in fresh processes, and its figures are kept in DIR/figures.json of --work; the table of all that was
measured goes to benchmarks/results/batch.md. `pip install alt-profanity-check` and the extra `detoxify` for the peers.
"""

import argparse
import itertools
import json
import os
import platform
import resource
import subprocess
import sys
import time
import warnings
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

from machine import processor
from news import load_texts

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
CORES = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set[int]()
SAMPLE = 50_000  # rows for what is measured step by step, and for alt-profanity-check
DETOXIFY_SAMPLE = 64

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"


def main() -> None:
    """Run the parts asked for and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("parts", nargs="*", choices=[*MEASURES, []], help="what to measure")
    parser.add_argument("--corpora", type=Path, default=os.environ.get("MODERATION_CORPORA"))
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--work", type=Path, default=ROOT / "out" / "batch", help="where inputs and outputs are kept")
    parser.add_argument("--jobs", type=int, nargs="*", default=[1, 2], help="how many workers, one run for each")
    parser.add_argument("--pages", type=Path, help="for the part pages: a folder of folders of saved pages")
    parser.add_argument("--peer", choices=["alt_profanity_check", "detoxify"], help=argparse.SUPPRESS)
    parser.add_argument("--source", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        pin()
        print(
            {"alt_profanity_check": alt_profanity_check, "detoxify": detoxify}[options.peer](
                options.source, options.work
            )
        )
        return
    options.work.mkdir(parents=True, exist_ok=True)
    measured = options.work / "figures.json"
    figures: dict[str, Any] = {}
    texts, source = load_texts(Path(options.corpora) if options.corpora else None)
    for part in options.parts or [*MEASURES][:4]:
        found = MEASURES[part](texts, options)
        figures = json.loads(measured.read_bytes()) if measured.exists() else {}
        figures[part] = found
        figures["machine"] = f"{processor()}, Python {platform.python_version()}; {source}, repeated with new ids"
        measured.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
        print(part, json.dumps(figures[part]), flush=True)
    (RESULTS / "batch.md").write_text(render(figures), encoding="utf-8")


def dump(texts: list[str], rows: int, work: Path) -> Path:
    """Return a JSON Lines file of so many rows, each with what a comment has besides its text."""
    path = work / f"{rows}.jsonl"
    if not path.exists():
        aside = path.with_suffix(".part")
        quoted = [json.dumps(text, ensure_ascii=False) for text in texts]
        with aside.open("w", encoding="utf-8") as file:
            for k in range(rows):
                file.write(
                    f'{{"id": {k}, "text": {quoted[k % len(texts)]}, "author": "user{k % 9973}", '
                    f'"time": "2024-{1 + k % 12:02}-11T10:00:00Z", "parent": {k - 1 if k % 3 else "null"}}}\n'
                )
        aside.replace(path)
    return path


def parquet_dump(texts: list[str], rows: int, work: Path) -> Path:
    """Return the same rows as Parquet, 100,000 a row group, with times as timestamps."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = work / f"{rows}.parquet"
    if not path.exists():
        aside = path.with_suffix(".part")
        kinds = [("id", pa.int64()), ("text", pa.string()), ("author", pa.string())]
        schema = pa.schema([*kinds, ("time", pa.timestamp("s")), ("parent", pa.int64())])
        with pq.ParquetWriter(aside, schema) as writer:
            for start in range(0, rows, 100_000):
                ks = range(start, min(rows, start + 100_000))
                times = [datetime(2024, 1 + k % 12, 11, 10) for k in ks]
                columns = [[*ks], [texts[k % len(texts)] for k in ks], [f"user{k % 9973}" for k in ks], times]
                writer.write_table(pa.table([*columns, [k - 1 if k % 3 else None for k in ks]], schema))
        aside.replace(path)
    return path


def run(arguments: list[Any], jobs: int) -> dict[str, float]:
    """Run `moderation` on as many cores as jobs; return wall seconds, the processor seconds of it and its workers, and
    the peak memory of the largest of them in MB.
    """
    command = [sys.executable, "-m", "moderation", *map(str, arguments)]
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(CORES)[:jobs])
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    seconds = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        sys.exit(done.stderr)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": seconds, "cpu_seconds": cpu, "peak_mb": after.ru_maxrss / 1024}


def timed_run(source: Path, rows: int, work: Path, jobs: int, more: tuple[str, ...] = ()) -> dict[str, float]:
    """Score a dump into a folder and return what it took, all in all: start, hashing, merging."""
    out = work / f"out{source.suffix}"
    out.unlink(missing_ok=True)
    found = run(["score", source, "-o", out, "--jobs", jobs, "--model", "fast", "--restart", *more], jobs)
    out.unlink()
    return {"rows": rows, "jobs": jobs, **found, "per_second": rows / found["seconds"]}


def lines(texts: list[str], options: argparse.Namespace) -> list[dict[str, float]]:
    """JSON Lines in and out."""
    source = dump(texts, options.rows, options.work)
    return [timed_run(source, options.rows, options.work, jobs) for jobs in options.jobs]


def parquet(texts: list[str], options: argparse.Namespace) -> list[dict[str, float]]:
    """Parquet in and out."""
    source = parquet_dump(texts, options.rows, options.work)
    return [timed_run(source, options.rows, options.work, jobs) for jobs in options.jobs]


def memory(texts: list[str], options: argparse.Namespace) -> list[dict[str, float]]:
    """Peak memory over N rows and over ten times as many."""
    found = []
    for rows in (options.rows, 10 * options.rows):
        source = dump(texts, rows, options.work)
        found.append(timed_run(source, rows, options.work, 1))
        if rows != options.rows:
            source.unlink()
    return found


def ray(texts: list[str], options: argparse.Namespace) -> list[dict[str, float]]:
    """The run on a local Ray cluster, with one worker and with two."""
    source = dump(texts, options.rows, options.work)
    os.environ["RAY_worker_niceness"] = "0"  # noqa: SIM112 - else Ray's workers stand behind all others
    more = ("--engine", "ray")
    return [timed_run(source, options.rows, options.work, jobs, more) for jobs in options.jobs]


def stages(texts: list[str], options: argparse.Namespace) -> dict[str, float]:
    """Microseconds a row of each step, by itself, on one core (the best of three rounds)."""
    import numpy as np

    from moderation import Scorer
    from moderation.batch.rendering import Rendering
    from moderation.batch.tally import Tally
    from moderation.classifiers.ngram import join
    from moderation.formats import Fields, Split
    from moderation.formats.columns import read_columns
    from moderation.formats.opening import lines as read_lines
    from moderation.text import kernel
    from moderation.text.tables import tables

    source = dump(texts, SAMPLE, options.work)
    scorer = Scorer.load("fast")
    rendering = Rendering(scorer)
    blocks = list(read_columns(Split(str(source), "jsonl"), Fields()))
    joined = [join(block.texts) for block in blocks]
    judged = [scorer.judge(block.texts, block.langs) for block in blocks]

    def read() -> None:
        with source.open("rb") as file:
            for _ in read_lines(file, "x"):
                pass

    def normalise() -> None:
        for points, bounds in joined:
            buffers = (np.empty(4096, np.uint32), np.empty(4096, np.int32), np.empty(4096, np.int32))
            kernel.normalise_many(points, bounds, tables(), buffers)

    def write() -> None:
        with (options.work / "stage.jsonl").open("wb") as file:
            for block, found in zip(blocks, judged, strict=True):
                file.write(rendering.lines(block, found))

    def count() -> None:
        tally = Tally()
        for block, found in zip(blocks, judged, strict=True):
            tally.count(scorer, block, found)

    took = {
        "read": best(read),
        "parse": best(lambda: [None for _ in read_columns(Split(str(source), "jsonl"), Fields())]),
        "join": best(lambda: [join(block.texts) for block in blocks]),
        "normalise": best(normalise),
        "probabilities": best(lambda: [scorer.classifier.probabilities(block.texts) for block in blocks]),
        "judge": best(lambda: [scorer.judge(block.texts, block.langs) for block in blocks]),
        "count": best(count),
        "write": best(write),
    }
    return {
        "read (bytes to lines)": took["read"],
        "parse (JSON to columns)": took["parse"] - took["read"],
        "join (texts to code points)": took["join"],
        "normalise": took["normalise"],
        "score (n-grams, table, logistic)": took["probabilities"] - took["normalise"] - took["join"],
        "decide (script, thresholds)": took["judge"] - took["probabilities"],
        "count": took["count"],
        "write (verdicts as JSON)": took["write"],
        "all": took["parse"] + took["judge"] + took["count"] + took["write"],
    }


def best(step: Any) -> float:
    """Return the fewest microseconds a row that a step over the sample takes."""
    times = []
    for _ in range(3):
        started = time.perf_counter()
        step()
        times.append(time.perf_counter() - started)
    return 1e6 * min(times) / SAMPLE


def pages(texts: list[str], options: argparse.Namespace) -> dict[str, dict[str, float]]:
    """`moderation extract` over the folders of saved pages below --pages, one worker."""
    del texts
    found = {}
    for folder in sorted(path for path in options.pages.iterdir() if path.is_dir()):
        out = options.work / "pages.jsonl"
        took = run(["extract", folder, "-o", out, "--jobs", 1, "--max-rejects", 10**6, "--restart"], 1)
        with out.open("rb") as file:
            rows = [json.loads(line) for line in file]
        out.unlink()
        comments = sum(len(row["comments"]) for row in rows)
        found[folder.name] = {"pages": len(rows), "comments": comments, **took}
    return found


def peers(texts: list[str], options: argparse.Namespace) -> dict[str, float]:
    """Comments a second of two peers, each in a process of its own and on one core."""
    source = dump(texts, SAMPLE, options.work)
    found = {}
    for name in ("alt_profanity_check", "detoxify"):
        command = [sys.executable, __file__, "--peer", name, "--source", source, "--work", options.work]
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd=ROOT)
        if done.returncode:
            sys.exit(done.stderr)
        found[name] = float(done.stdout.splitlines()[-1])
    return found


def alt_profanity_check(source: Path, work: Path) -> float:
    """The loop of its README, over a file: a list of texts into `predict_prob`."""
    del work
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from profanity_check import predict_prob

        predict_prob(["warm up"])
        started = time.perf_counter()
        rows = 0
        with source.open(encoding="utf-8") as file, Path(os.devnull).open("w") as out:
            while batch := [json.loads(line) for line in itertools.islice(file, 1000)]:
                for row, score in zip(batch, predict_prob([row["text"] for row in batch]), strict=True):
                    out.write(json.dumps({"id": row["id"], "score": float(score)}) + "\n")
                rows += len(batch)
        return rows / (time.perf_counter() - started)


def detoxify(source: Path, work: Path) -> float:
    """Detoxify's own `predict`, over lists of 16 texts. Its weights are not here: BERT-base with drawn ones, and a
    vocabulary of the texts' own words, is as fast as the real one.
    """
    import torch
    from detoxify import Detoxify
    from transformers import BertConfig, BertForSequenceClassification

    torch.set_num_threads(1)
    with source.open(encoding="utf-8") as file:
        texts = [json.loads(line)["text"] for line in itertools.islice(file, SAMPLE)]
    words = Counter(word for text in texts for word in text.lower().split() if word.isalpha())
    letters = [chr(code) for code in range(33, 127)]
    folder = work / "detoxify"
    folder.mkdir(exist_ok=True)
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{letter}" for letter in letters)]
    pieces += [word for word, _ in words.most_common(30_522 - len(pieces)) if len(word) > 1]
    (folder / "vocab.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")
    (folder / "tokenizer_config.json").write_text('{"model_max_length": 512, "do_lower_case": true}')
    configured: Any = BertConfig  # whose types tell less than it takes
    config = configured(vocab_size=30_522, num_labels=6)
    config.save_pretrained(folder)
    classes = ["toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate"]
    names = {"model_type": str(folder), "model_name": "BertForSequenceClassification", "num_classes": 6}
    described = {
        "arch": {"args": names | {"tokenizer_name": "BertTokenizer"}},
        "dataset": {"args": {"classes": classes}},
    }
    weights = BertForSequenceClassification(config).state_dict()
    torch.save({"config": described, "state_dict": weights}, folder / "drawn.ckpt")
    model = Detoxify(checkpoint=str(folder / "drawn.ckpt"), huggingface_config_path=str(folder))
    (folder / "drawn.ckpt").unlink()
    model.predict(texts[:2])
    started = time.perf_counter()
    for start in range(0, DETOXIFY_SAMPLE, 16):
        model.predict(texts[start : start + 16])
    return DETOXIFY_SAMPLE / (time.perf_counter() - started)


def pin() -> None:
    """Keep this process on one core."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


MEASURES = {
    "stages": stages,
    "lines": lines,
    "parquet": parquet,
    "peers": peers,
    "memory": memory,
    "ray": ray,
    "pages": pages,
}


def render(figures: dict[str, Any]) -> str:
    """Return what was measured as Markdown."""
    out = [f"{figures['machine']}. Measured by `benchmarks/batch.py`.", ""]
    runs = [
        (f"moderation score, {name}, {words(run['jobs'])}", run)
        for part, name in (("lines", "JSON Lines"), ("parquet", "Parquet"), ("ray", "JSON Lines on Ray"))
        for run in figures.get(part, ())
    ]
    if runs:
        out += [
            "Whole runs, from the start of the process to the result in its place:",
            "",
            "| system | rows | seconds | comments a second | of one worker | processor seconds | peak MB |",
            "|---|---:|---:|---:|---:|---:|---:|",
        ]
    for (name, run), (_, single) in zip(
        runs, [runs[max(0, k - 1)] if runs[k][1]["jobs"] > 1 else runs[k] for k in range(len(runs))], strict=True
    ):
        out.append(
            f"| {name} | {run['rows']:,} | {run['seconds']:.1f} | {run['per_second']:,.0f} | "
            f"{run['per_second'] / single['per_second']:.2f} | {run['cpu_seconds']:.1f} | {run['peak_mb']:.0f} |"
        )
    if "peers" in figures:
        out += [
            f"| alt-profanity-check, the loop of its README | {SAMPLE:,} | | "
            f"{figures['peers']['alt_profanity_check']:,.0f} | | | |",
            f"| Detoxify `predict`, BERT-base with drawn weights, one thread | {DETOXIFY_SAMPLE} | | "
            f"{figures['peers']['detoxify']:,.1f} | | | |",
        ]
    if "stages" in figures:
        found = figures["stages"]
        out += ["", "One core, each step by itself:", "", "| step | µs a row | share |", "|---|---:|---:|"]
        out += [f"| {name} | {value:.2f} | {value / found['all']:.0%} |" for name, value in found.items()]
    for name, run in figures.get("pages", {}).items():
        out += [
            "",
            f"`moderation extract`, {name}, one worker: {run['pages']:,} pages with {run['comments']:,} comments in "
            f"{run['seconds']:.1f} seconds ({run['pages'] / run['seconds']:.1f} pages a second; "
            f"{1000 * run['cpu_seconds'] / run['pages']:.0f} ms of processor time a page).",
        ]
    if "memory" in figures:
        few, many = figures["memory"]
        out += [
            "",
            f"Peak resident memory of one worker: {few['peak_mb']:.0f} MB over {few['rows']:,} rows, "
            f"{many['peak_mb']:.0f} MB over {many['rows']:,} ({many['peak_mb'] / few['peak_mb'] - 1:+.1%}).",
        ]
    out += [
        line for note in figures.get("notes", ()) for line in ("", note)
    ]  # what somebody has written into the figures
    return "\n".join(out) + "\n"


def words(jobs: float) -> str:
    """Return how many workers, in words."""
    return "one worker" if jobs == 1 else f"{jobs:.0f} workers"


if __name__ == "__main__":
    main()
