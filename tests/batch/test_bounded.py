"""Calls within limits: what goes beyond them ends its process, and the next call has a new one."""

import os
import signal
import time
from collections.abc import Iterator

import pytest

from moderation.batch.bounded import LIMITS_MEMORY, Bounded, Limits
from moderation.errors import InputError, ModerationError


def filled(megabytes: int) -> int:
    return len(bytearray(megabytes * 1_000_000))


def killed(number: int) -> None:
    os.kill(os.getpid(), number)


def broken() -> None:
    raise ModerationError("not a page")


@pytest.fixture(scope="module")
def bounded() -> Iterator[Bounded]:
    with Bounded(Limits(seconds=20, memory=200), os.getpid) as process:
        yield process


def test_one_process_serves_many_calls(bounded: Bounded) -> None:
    first = bounded.call(os.getpid)
    assert first != os.getpid()
    assert [bounded.call(os.getpid) for _ in range(5)] == [first] * 5
    assert bounded.call(divmod, 7, 2) == (3, 1)


def test_a_call_that_takes_too_long_is_killed_and_the_next_one_goes_on() -> None:
    with Bounded(Limits(seconds=3), os.getpid) as bounded:
        first = bounded.call(os.getpid)
        started = time.monotonic()
        with pytest.raises(InputError, match=r"^took longer than 3 seconds$"):
            bounded.call(time.sleep, 60)
        assert time.monotonic() - started < 40
        with pytest.raises(ProcessLookupError):
            os.kill(first, 0)
        assert bounded.call(os.getpid) != first


@pytest.mark.skipif(not LIMITS_MEMORY, reason="this system limits no memory")
def test_memory_is_limited_beyond_that_of_the_idle_process(bounded: Bounded) -> None:
    for _ in range(2):
        assert bounded.call(filled, 150) == 150_000_000
        with pytest.raises(InputError, match="^needed more than 200 MB of memory$"):
            bounded.call(filled, 250)
        with pytest.raises(InputError, match="^needed more than 200 MB of memory$"):
            bounded.call(filled, 100_000)  # more than it can even ask for


@pytest.mark.skipif(not LIMITS_MEMORY, reason="this system limits no memory")
def test_an_argument_larger_than_the_memory_is_too_much(bounded: Bounded) -> None:
    with pytest.raises(InputError, match="^needed more than 200 MB of memory$"):
        bounded.call(len, bytes(250_000_000))
    assert bounded.call(len, b"abc") == 3


def test_no_limit_of_memory() -> None:
    with Bounded(Limits(memory=None), os.getpid) as bounded:
        assert bounded.call(filled, 250) == 250_000_000


@pytest.mark.skipif(os.name == "nt", reason="no signals")
def test_a_call_that_kills_its_process_is_told(bounded: Bounded) -> None:
    with pytest.raises(InputError, match=r"^killed the process that read it \(SIGSEGV\)$"):
        bounded.call(killed, signal.SIGSEGV)
    assert bounded.call(len, b"abc") == 3


def test_errors_are_reasons_and_keep_the_process(bounded: Bounded) -> None:
    first = bounded.call(os.getpid)
    with pytest.raises(InputError, match="^not a page$"):
        bounded.call(broken)
    with pytest.raises(InputError, match=r"^failed \(ZeroDivisionError\)$"):
        bounded.call(divmod, 1, 0)
    assert bounded.call(os.getpid) == first


def test_the_process_ends_with_the_block() -> None:
    with Bounded(Limits(), os.getpid) as bounded:
        child = bounded.call(os.getpid)
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


def test_a_process_that_does_not_start_is_an_error() -> None:
    with pytest.raises(ModerationError, match="did not start"), Bounded(Limits(), os.abort) as bounded:
        bounded.call(os.getpid)
