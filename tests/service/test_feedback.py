import asyncio
import json
from pathlib import Path

import pytest

from moderation.errors import OutputError
from moderation.service.feedback import Feedback
from moderation.service.problems import Problem


def keep(path: Path | None, *records: dict[str, object]) -> None:
    feedback = Feedback(path)

    async def all_of_them() -> None:
        await asyncio.gather(*(feedback.keep("p", record) for record in records))

    try:
        asyncio.run(all_of_them())
    finally:
        feedback.close()


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_records_are_lines_and_are_added_to(tmp_path: Path) -> None:
    keep(tmp_path / "f", *({"n": n} for n in range(20)))
    keep(tmp_path / "f", {"n": 20})
    assert {line["n"] for line in lines(tmp_path / "f")} == set(range(21))
    assert all(line["protocol"] == "p" and line["time"] for line in lines(tmp_path / "f"))


def test_a_line_that_a_crash_cut_spoils_no_other(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b'{"n": 1}\n{"n": ')
    keep(tmp_path / "f", {"n": 2})
    assert [json.loads(line)["n"] for line in (tmp_path / "f").read_text().splitlines() if line.endswith("}")] == [1, 2]


def test_without_a_file_nothing_is_acknowledged() -> None:
    with pytest.raises(Problem) as caught:
        keep(None, {"n": 1})
    assert caught.value.status == 501


def test_a_full_disk_is_said() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("no /dev/full here")
    with pytest.raises(Problem) as caught:
        keep(Path("/dev/full"), {"n": 1})
    assert caught.value.status == 503


def test_a_place_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be kept"):
        Feedback(tmp_path / "no" / "f")
