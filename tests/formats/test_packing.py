"""Packed inputs: every way of packing, long windows, several streams in one file, bombs, damage."""

import bz2
import gzip
import lzma
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from moderation.errors import MissingExtra
from moderation.formats import Reject, Row, read_rows, splits
from moderation.formats.packing import packing, zstd_module

zstd = pytest.importorskip("backports.zstd") if sys.version_info < (3, 14) else zstd_module()
LINES = b"".join(b'{"text": "comment %d of the harbour"}\n' % k for k in range(20_000))
DAMAGED = "[the packed file is damaged or ends early: nothing after this could be read]"


def long_window(data: bytes) -> bytes:
    parameter = zstd.CompressionParameter
    options = {
        parameter.window_log: 27,
        parameter.enable_long_distance_matching: 1,
        parameter.content_size_flag: 0,
        parameter.compression_level: 1,
    }
    packer = zstd.ZstdCompressor(options=options)
    return bytes(packer.compress(data) + packer.flush())


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zstd": zstd.compress,
    "zstd --long": long_window,
}


@pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS)
def test_every_packing_is_known_by_its_content(read: Any, pack: Callable[[bytes], bytes]) -> None:
    data = pack(LINES)
    assert packing(data) is not None
    assert read(data, "a.jsonl") == read(LINES, "a.jsonl")


@pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS)
@pytest.mark.parametrize("padding", [b"", b"\0" * 100_000])
def test_several_streams_are_one(read: Any, texts: Any, pack: Callable[[bytes], bytes], padding: bytes) -> None:
    data = pack(b'{"text": "a"}\n') + padding + pack(b"") + pack(b'{"text": "b"}\n') + padding
    assert texts(read(data)) == ["a", "b"]


@pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS)
def test_a_truncated_file_gives_what_came_before(read: Any, texts: Any, pack: Callable[[bytes], bytes]) -> None:
    data = pack(LINES)
    for end in (len(data) // 2, len(data) - 3):
        found = texts(read(data[:end]))
        assert found[-1] == DAMAGED
        assert found[:-1] == [f"comment {k} of the harbour" for k in range(len(found) - 1)]


@pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS)
def test_what_follows_a_stream_and_is_none_is_a_reject(read: Any, texts: Any, pack: Callable[[bytes], bytes]) -> None:
    assert texts(read(pack(b'{"text": "a"}\n') + b"garbage that is no stream")) == ["a", DAMAGED]


@pytest.mark.parametrize("pack", PACKERS.values(), ids=PACKERS)
def test_a_packed_file_is_one_split(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    (tmp_path / "a.jsonl").write_bytes(pack(LINES))
    assert len(splits(str(tmp_path / "a.jsonl"), "jsonl", 1000)) == 1


def test_a_window_as_long_as_those_of_pushshift_is_read(tmp_path: Path, texts: Any) -> None:
    # A frame by hand (RFC 8878), for a window of 2 GiB is not to be filled in a test: magic number, a descriptor
    # without a content size, window exponent 21 (2 ** 31), and one raw block, the last.
    line = b'{"text": "a"}\n'
    frame = b"\x28\xb5\x2f\xfd" + b"\x00" + bytes([21 << 3]) + (len(line) << 3 | 1).to_bytes(3, "little") + line
    (tmp_path / "RC_2019-01.zst").write_bytes(frame)
    assert texts(list(read_rows(str(tmp_path / "RC_2019-01.zst")))) == ["a"]


BOMB = """
import resource, sys
from moderation.formats import read_rows
import moderation.formats.jsonl
from backports import zstd
used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + (400 << 20),) * 2)
print([getattr(item, 'reason', 'row') for item in read_rows('-', format='jsonl')])
"""


@pytest.mark.skipif(
    not Path("/proc/self/statm").exists() or sys.version_info >= (3, 14), reason="needs Linux to bound the memory"
)
@pytest.mark.parametrize("name", ["zstd", "xz"])
def test_a_bomb_is_unpacked_in_bounded_memory(name: str) -> None:
    line = b"a" * (70 << 20) + b'\n{"text": "b"}\n'
    data = lzma.compress(line, preset=0) if name == "xz" else zstd.compress(line)
    done = subprocess.run([sys.executable, "-c", BOMB], input=data, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-500:]
    assert done.stdout.decode().strip() == "['line longer than 64 MiB', 'row']"


def test_zstd_that_cannot_be_read_names_the_extra(read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("compression.zstd", "compression", "backports.zstd", "backports"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtra, match=r"pip install 'moderation\[zstd\]'"):
        read(zstd.compress(LINES))
    assert {type(item) for item in read(gzip.compress(LINES))} == {Row}
    assert isinstance(read(gzip.compress(LINES)[:50])[-1], Reject)
