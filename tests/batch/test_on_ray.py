"""Runs on a real Ray cluster of two nodes on this machine: the same result, also when one of them is killed."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from moderation.batch.layout import Layout
from moderation.batch.local import local
from moderation.batch.run import Run, carry_out
from moderation.batch.score import Scoring
from moderation.errors import InputError
from moderation.formats import Split
from moderation.scorer import Scorer

ray = pytest.importorskip("ray")
# Ray's own sockets and processes, which it leaves to the garbage collector.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]

from ray.cluster_utils import Cluster  # noqa: E402

from moderation.batch.on_ray import on_ray  # noqa: E402


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).resolve().parents[2]))
    monkeypatch.setenv("RAY_worker_niceness", "0")  # a busy machine would give those of 15 nothing
    found = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    yield found
    ray.shutdown()
    found.shutdown()


class Counting:
    """Counts what is finished, and does something when some shards are."""

    def __init__(self, after: int, then: Any) -> None:
        self.numbers = 0
        self._after, self._then = after, then

    def begin(self, size: int) -> None: ...

    def hashed(self, size: int) -> None: ...

    def finished(self, counts: Any, size: int, fresh: bool) -> None:
        self.numbers += 1
        if self.numbers == self._after:
            self._then()


def test_a_lost_node_loses_nothing_and_doubles_nothing(
    cluster: Any, judge: Scorer, bundle_dir: Path, tmp_path: Path
) -> None:
    second = cluster.add_node(num_cpus=1)
    source = tmp_path / "in.jsonl"
    texts = [f"You are number {k}, idiot. " * 30 if k % 3 else f"Tram {k}. " * 50 for k in range(3000)]
    source.write_text("".join(json.dumps({"id": k, "text": text}) + "\n" for k, text in enumerate(texts)) + "x\n")
    job = Scoring(str(bundle_dir), judge.model, judge.policy)
    split = Split(str(source), "jsonl")
    results = []
    for name, engine, watch in (
        ("here", lambda do, shards: local(do, shards, 1), Counting(0, None)),
        (
            "there",
            lambda do, shards: on_ray(do, shards, 2, cluster.address),
            Counting(4, lambda: cluster.remove_node(second, allow_graceful=False)),
        ),
    ):
        run = Run(Layout.of(str(tmp_path / f"{name}.jsonl")), 40_000, False, engine)
        rejects: list[Any] = []
        counts = carry_out(job, [split], run, watch, rejects.append)
        assert watch.numbers > 20 and len(rejects) == 1
        results.append((counts, (tmp_path / f"{name}.jsonl").read_bytes()))
    assert results[0] == results[1]
    ids = [json.loads(line)["id"] for line in results[1][1].splitlines()]
    assert ids == list(range(3000))
    assert len([node for node in ray.nodes() if node["Alive"]]) == 1 if ray.is_initialized() else True

    # An error there is the error here.
    with pytest.raises(InputError, match="none.csv"):
        run = Run(Layout.of(str(tmp_path / "e.jsonl")), 40_000, False, lambda do, s: on_ray(do, s, 1, cluster.address))
        (tmp_path / "none.csv").write_text("a,b\n1,2\n")
        carry_out(job, [Split(str(tmp_path / "none.csv"), "csv")], run, Counting(0, None), rejects.append)
    assert time.monotonic() > 0
