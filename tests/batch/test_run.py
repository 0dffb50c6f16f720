"""Runs: whatever interrupts them, the result is the same, and nothing is lost, done twice or mixed."""

import gzip
import json
import pickle
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moderation.batch.layout import Layout
from moderation.batch.run import Run, carry_out
from moderation.batch.score import Scoring
from moderation.batch.shards import Shard
from moderation.errors import BundleError, InputError, MissingExtra, OutputError, WorkerLost
from moderation.formats import Fields, Reject, Skipped, Split, found
from moderation.scorer import Scorer


@dataclass
class Told:
    size: int = 0
    fresh: list[bool] = field(default_factory=list)
    hashed_bytes: int = 0

    def begin(self, size: int) -> None:
        self.size = size

    def hashed(self, size: int) -> None:
        self.hashed_bytes += size

    def finished(self, counts: Any, size: int, fresh: bool) -> None:
        self.fresh.append(fresh)


def one_by_one(do: Callable[[Shard], Any], shards: Iterable[Shard]) -> Iterator[tuple[Shard, Any]]:
    for shard in shards:
        yield shard, do(shard)


def stopping(after: int, backwards: bool = False) -> Callable[..., Iterator[tuple[Shard, Any]]]:
    """Return an engine that breaks off after so many shards, done in an order of its own."""

    def engine(do: Callable[[Shard], Any], shards: Iterable[Shard]) -> Iterator[tuple[Shard, Any]]:
        pending = list(shards)
        for shard in (pending[::-1] if backwards else pending)[:after]:
            yield shard, do(shard)
        if after < len(pending):
            raise KeyboardInterrupt

    return engine


@pytest.fixture
def job(judge: Scorer, bundle_dir: Path) -> Scoring:
    return Scoring(str(bundle_dir), judge.model, judge.policy)


@pytest.fixture
def comments(tmp_path: Path) -> Path:
    path = tmp_path / "in.jsonl"
    lines = [
        json.dumps({"id": k, "text": f"You are number {k}, idiot." if k % 3 else f"Tram {k}."}) for k in range(300)
    ]
    lines[100] = "no comment"
    path.write_text("\n".join(lines) + "\n")
    return path


def carry(job: Scoring, sources: list[Any], output: Any, **options: Any) -> tuple[Any, Told, list[Reject]]:
    told, rejects = Told(), list[Reject]()
    options = {"shard_size": 1000, "restart": False, "engine": one_by_one} | options
    splits = [Split(str(s), "jsonl") if isinstance(s, Path) else s for s in sources]
    return carry_out(job, splits, Run(Layout.of(str(output)), **options), told, rejects.append), told, rejects


def content(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.name != "lock"}


def test_a_run_leaves_the_result_the_rejects_and_nothing_else(job: Scoring, comments: Path, tmp_path: Path) -> None:
    tally, told, rejects = carry(job, [comments], tmp_path / "out.jsonl")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl", "out.rejects.jsonl"]
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [row["id"] for row in rows] == [k for k in range(300) if k != 100]
    assert tally.rows == len(rows) and tally.flagged == sum(bool(row["flags"]) for row in rows) > 0
    (reject,) = [json.loads(line) for line in (tmp_path / "out.rejects.jsonl").read_text().splitlines()]
    assert reject == {"position": rejects[0].position, "reason": "not JSON"}
    assert told.size == told.hashed_bytes == comments.stat().st_size and len(told.fresh) > 10


def test_the_size_of_shards_does_not_show(job: Scoring, comments: Path, tmp_path: Path) -> None:
    for size in (400, 3000, 10**9):
        carry(job, [comments], tmp_path / f"{size}.jsonl", shard_size=size)
    assert len({(tmp_path / f"{size}.jsonl").read_bytes() for size in (400, 3000, 10**9)}) == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(
    st.lists(st.tuples(st.integers(0, 12), st.booleans()), max_size=3),
    st.sampled_from(["out.jsonl", "out.jsonl.gz", "out.parquet", "out/", "out.parquet/"]),
)
def test_an_interrupted_run_goes_on_and_ends_the_same(
    job: Scoring, comments: Path, tmp_path: Path, stops: list[tuple[int, bool]], name: str
) -> None:
    base = Path(str(tmp_path / f"case{len(list(tmp_path.iterdir()))}"))
    for folder in ("straight", "broken"):
        (base / folder).mkdir(parents=True)
    expected, *_ = carry(job, [comments], f"{base}/straight/{name}")
    finished = 0
    for after, backwards in stops:
        try:
            carry(job, [comments], f"{base}/broken/{name}", engine=stopping(after, backwards))
            finished = 10**9
        except KeyboardInterrupt:
            finished += after
    tally, told, rejects = carry(job, [comments], f"{base}/broken/{name}")
    assert content(base / "broken") == content(base / "straight")
    assert tally == expected and len(rejects) == 1
    if not name.endswith("/"):
        assert told.fresh.count(False) in (finished, 0)


def interrupted(job: Scoring, comments: Path, output: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        carry(job, [comments], output, engine=stopping(3))


def test_what_has_changed_is_named(job: Scoring, comments: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    interrupted(job, comments, out)
    before = content(tmp_path)
    other = tmp_path / "other.jsonl"
    other.write_text('{"text": "a"}\n')
    for changed, sources, options, said in [
        (replace(job, identity="another/1+0"), [comments], {}, f"model ({job.identity}, and now another/1+0)"),
        (replace(job, only_flagged=True), [comments], {}, "only flagged (False, and now True)"),
        (replace(job, fields=Fields("body")), [comments], {}, "fields ("),
        (job, [comments], {"shard_size": 999}, "shard size (1000, and now 999)"),
        (job, [comments, other], {}, "inputs (1 of them, and now 2)"),
        (job, [other], {}, f"inputs ({comments}, and now {other})"),
    ]:
        with pytest.raises(OutputError, match="--restart") as raised:
            carry(changed, sources, out, **options)
        assert said in str(raised.value)
    other.unlink()
    assert content(tmp_path) == before


def test_a_changed_input_is_named_and_a_touched_one_is_none(job: Scoring, comments: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    carry(job, [comments], tmp_path / "expected.jsonl")
    interrupted(job, comments, out)
    data = comments.read_bytes()
    comments.write_bytes(data.replace(b"Tram 0", b"Tram 9"))
    with pytest.raises(OutputError, match=r"contents of .*in\.jsonl \(.* bytes, sha256 .*, and now .* bytes, sha256"):
        carry(job, [comments], out)
    comments.write_bytes(data)
    _, told, _ = carry(job, [comments], out)
    assert told.fresh.count(False) == 3
    assert out.read_bytes() == (tmp_path / "expected.jsonl").read_bytes()


def test_restart_forgets_what_is_unfinished(job: Scoring, comments: Path, tmp_path: Path) -> None:
    for name in ("out.jsonl", "out/"):
        interrupted(job, comments, f"{tmp_path}/{name}")  # type: ignore[arg-type]
        _, told, _ = carry(replace(job, only_flagged=True), [comments], f"{tmp_path}/{name}", restart=True)
        assert False not in told.fresh


def test_an_input_that_changes_meanwhile_is_an_error(job: Scoring, comments: Path, tmp_path: Path) -> None:
    def engine(do: Callable[[Shard], Any], shards: Iterable[Shard]) -> Iterator[tuple[Shard, Any]]:
        yield from one_by_one(do, shards)
        with comments.open("a") as file:
            file.write("x\n")

    with pytest.raises(InputError, match="was changed while it was read"):
        carry(job, [comments], tmp_path / "out.jsonl", engine=engine)
    assert not (tmp_path / "out.jsonl").exists()


def test_two_runs_do_not_share_an_output(job: Scoring, comments: Path, tmp_path: Path) -> None:
    layout = Layout.of(str(tmp_path / "out.jsonl"))
    with layout.locked(), pytest.raises(OutputError, match="another run is at work"):
        carry(job, [comments], tmp_path / "out.jsonl")


def test_a_folder_of_other_things_is_left_alone(job: Scoring, comments: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="holds other files"):
        carry(job, [comments], tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["in.jsonl"]


def test_a_finished_folder_is_not_done_again(job: Scoring, comments: Path, tmp_path: Path) -> None:
    tally, _, _ = carry(job, [comments], f"{tmp_path}/out/")
    before = content(tmp_path)
    again, told, rejects = carry(job, [comments], f"{tmp_path}/out/")
    assert (again, True in told.fresh, len(rejects)) == (tally, False, 1)
    assert content(tmp_path) == before
    names = {p.name for p in (tmp_path / "out").iterdir()}
    assert {"_run", "_rejects.jsonl", "part-000000.jsonl"} < names


def test_what_was_found_and_is_no_input_counts(job: Scoring, comments: Path, tmp_path: Path) -> None:
    items = [Reject("x*", "matches no file"), comments, Skipped("y", "hidden file")]
    tally, _, rejects = carry(job, items, tmp_path / "out.jsonl")
    assert tally.rejects == {"matches no file": 1, "not JSON": 1} and tally.skipped == {"hidden file": 1}
    assert rejects[0].position == "x*"


def test_without_rejects_there_is_no_side_file(job: Scoring, comments: Path, tmp_path: Path) -> None:
    (tmp_path / "out.rejects.jsonl").write_text("an earlier run's")
    good = tmp_path / "good.jsonl.gz"
    good.write_bytes(gzip.compress(b'{"text": "a"}\n'))
    carry(job, [good], tmp_path / "out.jsonl.gz")
    assert not (tmp_path / "out.rejects.jsonl").exists()
    assert gzip.decompress((tmp_path / "out.jsonl.gz").read_bytes()).count(b"\n") == 1


def test_a_bundle_that_is_another_one_for_a_worker_is_an_error(job: Scoring, comments: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="was another/1 where the run began"):
        carry(replace(job, identity="another/1"), [comments], tmp_path / "out.jsonl")
    assert [p.name for p in tmp_path.iterdir()] == ["in.jsonl"]


def test_a_damaged_side_file_says_what_to_do(job: Scoring, comments: Path, tmp_path: Path) -> None:
    interrupted(job, comments, tmp_path / "out.jsonl")
    (tmp_path / "out.jsonl.run" / "shard-000001.jsonl").write_text("{")
    with pytest.raises(OutputError, match="--restart"):
        carry(job, [comments], tmp_path / "out.jsonl")


def test_a_folder_and_its_files_are_found(job: Scoring, tmp_path: Path) -> None:
    folder = tmp_path / "d"
    folder.mkdir()
    for k in range(3):
        (folder / f"{k}.jsonl").write_text(json.dumps({"id": k, "text": "a"}) + "\n")
    tally, *_ = carry(job, list(found([str(folder)])), tmp_path / "out.jsonl")
    assert tally.rows == 3


def test_errors_come_back_from_other_processes() -> None:
    for error in (InputError("a: b"), MissingExtra("Reading X", "x"), WorkerLost("gone")):
        back = pickle.loads(pickle.dumps(error))
        assert (type(back), str(back)) == (type(error), str(error))
