"""Load on the service over loopback, with wrk on the same machine: `python benchmarks/service.py [--model MODEL]...`.

For each model: requests of one comment at saturation, the same at half that rate, and requests of 100 comments. Errors
are answers other than 200 and broken connections; memory is that of the server's process, before, and sampled while it
runs. Beside it, if torch and Detoxify are here, a minimal FastAPI application around Detoxify with random BERT-base
weights. Needs wrk (Debian: apt install wrk).
"""

import argparse
import json
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from machine import processor
from news import load_texts

ROOT = Path(__file__).resolve().parent.parent
RESULT = ROOT / "benchmarks" / "results" / "service.md"
BODIES = 2000
MANY = 100
CONNECTIONS = 16

_SCRIPT = """
local bodies = {}
for line in io.lines("%(bodies)s") do bodies[#bodies + 1] = line end
local at = 0
local pause = %(pause)f
if pause > 0 then
  function delay() return math.floor(-math.log(1 - math.random()) * pause) end
end
function request()
  at = at %% #bodies + 1
  return wrk.format("POST", "/v1/score", {["Content-Type"] = "application/json"}, bodies[at])
end
function done(summary, latency)
  local e = summary.errors
  io.write(string.format("RESULT %%d %%d %%d %%d %%d\\n", summary.requests, summary.duration,
    e.status + e.connect + e.read + e.write + e.timeout, latency:percentile(50), latency:percentile(99)))
end
"""


@dataclass(frozen=True, slots=True)
class Run:
    """One run of wrk: requests a second, errors, latencies in milliseconds."""

    requests: int
    rate: float
    errors: int
    median: float
    p99: float


@dataclass(frozen=True, slots=True)
class Measured:
    """A system's runs, and the memory of its process in MB: at first, and medians of the first and last third."""

    name: str
    single: Run
    half: Run | None
    many: Run
    memory: tuple[float, float, float]


def main() -> None:
    """Run the benchmark and write its table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", action="append", help="a bundle, or NAME=DIR; again for more")
    parser.add_argument("--seconds", type=int, default=60, help="of saturation; the other runs take a third")
    parser.add_argument("--corpora", type=Path, default=os.environ.get("MODERATION_CORPORA"), help="folder of corpora")
    parser.add_argument("--peer", type=Path, help="also Detoxify, with its random checkpoint in this folder")
    parser.add_argument("--output", type=Path, default=RESULT)
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("This needs wrk. On Debian: apt install wrk")
    texts, source = load_texts(Path(options.corpora) if options.corpora else None)
    found: list[Measured] = []
    absent: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        one, many = write_bodies(Path(folder), texts)
        for given in options.model or ["default", "fast", "accurate"]:
            model, _, place = given.rpartition("=")
            model = model or place
            command = [sys.executable, "-m", "moderation", "serve", "--model", place]
            try:
                found.append(measure(model, command, (one, many), options.seconds))
            except SystemExit as error:
                said = str(error).removeprefix("error: ").removeprefix(f"{model}: ")
                absent.append(f"{model}: {said}")
                print(absent[-1], flush=True)
        if options.peer:
            command = [sys.executable, str(ROOT / "benchmarks" / "detoxify_app.py")]
            found.append(measure("Detoxify", [*command, "PORT", str(options.peer)], (one, many), options.seconds // 4))
    table = render(found, absent, source, options.seconds)
    print(table)
    options.output.parent.mkdir(exist_ok=True)
    options.output.write_text(table, encoding="utf-8")


def write_bodies(folder: Path, texts: list[str]) -> tuple[Path, Path]:
    """Write the bodies of requests, one a line: of single comments, and of 100."""
    step = max(1, len(texts) // BODIES)
    chosen = texts[::step][:BODIES]
    one, many = folder / "one.jsonl", folder / "many.jsonl"
    one.write_text("".join(json.dumps({"comments": [text]}) + "\n" for text in chosen), encoding="utf-8")
    batches = [chosen[start : start + MANY] for start in range(0, len(chosen) - MANY + 1, MANY)]
    many.write_text("".join(json.dumps({"comments": batch}) + "\n" for batch in batches), encoding="utf-8")
    return one, many


def measure(name: str, command: list[str], bodies: tuple[Path, Path], seconds: int) -> Measured:
    """Start a server and load it. Exits where it does not start."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    command = [port if word == "PORT" else word for word in command]
    if port not in command:
        command += ["--port", port]
    samples: list[float] = []
    done = threading.Event()
    with tempfile.TemporaryFile() as log:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
        try:
            wait(process, f"http://127.0.0.1:{port}/readyz", log.fileno())
            url = f"http://127.0.0.1:{port}/v1/score"
            wrk(url, bodies[0], 3, CONNECTIONS)
            before = resident(process.pid)
            threading.Thread(target=sample, args=(process.pid, samples, done), daemon=True).start()
            single = wrk(url, bodies[0], max(3, seconds), CONNECTIONS)
            print(f"{name}: {single}", flush=True)
            half = None
            fast = single.rate > 50  # else the pauses would be so long that nothing is learned in the time
            if fast:
                pause = 2000 * 4 * CONNECTIONS / single.rate
                half = wrk(url, bodies[0], max(3, seconds // 3), 4 * CONNECTIONS, pause)
            many = wrk(url, bodies[1], max(3, seconds // 3) if fast else 60, 4 if fast else 1)
        finally:
            done.set()
            process.terminate()
            process.wait()
    third = max(1, len(samples) // 3)
    return Measured(
        name, single, half, many, (before, statistics.median(samples[:third]), statistics.median(samples[-third:]))
    )


def wrk(url: str, bodies: Path, seconds: int, connections: int, pause: float = 0.0) -> Run:
    """Run wrk with one thread; `pause` is the mean of the exponential pauses of a connection, in milliseconds."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(_SCRIPT % {"bodies": bodies, "pause": pause})
        script.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "100s", "-s", script.name, url]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    match = re.search(r"RESULT (\d+) (\d+) (\d+) (\d+) (\d+)", done.stdout)
    if match is None:
        sys.exit(f"wrk said: {done.stdout[-300:]}")
    requests, micros, errors, median, p99 = map(int, match.groups())
    return Run(requests, 1e6 * requests / micros, errors, median / 1000, p99 / 1000)


def wait(process: subprocess.Popen[bytes], url: str, log: int) -> None:
    """Wait until a server is ready. Exits where it ends before."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    last = os.pread(log, 1 << 16, 0).decode(errors="replace").strip().splitlines()
    sys.exit(last[-1] if last else "it did not start")


def sample(pid: int, samples: list[float], done: threading.Event) -> None:
    """Note the memory of a process once a second."""
    while not done.wait(1):
        samples.append(resident(pid))


def resident(pid: int) -> float:
    """Return the resident memory of a process, in MB."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    match = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(match[1]) / 1024 if match else float("nan")


def render(found: list[Measured], absent: list[str], source: str, seconds: int) -> str:
    """Return the results as Markdown."""
    lines = [
        f"{processor()}, {os.cpu_count()} cores, shared by server and load generator (wrk, one thread); {source}; "
        f"{seconds} s at saturation, a third of that for the other runs (Detoxify: {seconds // 4} s, and a "
        "minute for the hundreds).",
        "",
        "| served | load | requests a second | comments a second | median ms | p99 ms | errors | requests |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for row in found:
        runs = {f"single comments, {CONNECTIONS} connections": (row.single, 1)}
        if row.half:
            runs["half of that rate"] = (row.half, 1)
        runs[f"{MANY} comments a request"] = (row.many, MANY)
        for load, (run, size) in runs.items():
            rates = f"{run.rate:,.1f} | {run.rate * size:,.0f} | {run.median:.1f} | {run.p99:.1f}"
            lines.append(f"| {row.name} | {load} | {rates} | {run.errors} | {run.requests:,} |")
    lines.append("")
    for row in found:
        before, first, last = row.memory
        course = f"{before:.0f} MB at first, {first:.0f} MB in the first third, {last:.0f} MB in the last"
        lines.append(f"Memory of {row.name}: {course}.")
    if absent:
        lines += ["", *(f"Not measured: {line}" for line in absent)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
