"""What of Detoxify's side needs neither torch nor the library: hashes, pieces of texts, the extra that is missing."""

import hashlib
import re
import sys
from pathlib import Path

import pytest

from moderation.classifiers.detoxify import _PIECE, _PIECE_OVERLAP, CLASSES, DetoxifyClassifier, _pieces
from moderation.classifiers.detoxify_checkpoint import PUBLISHED, expected_hash, read_checkpoint
from moderation.errors import BundleCorrupt, BundleError, InputError, MissingExtra
from moderation.labels import LABEL_NAMES

DIGEST = hashlib.sha256(b"a pickle").hexdigest()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "x.ckpt").write_bytes(b"a pickle")
    return tmp_path / "x.ckpt"


def test_a_hash_stands_beside_the_file_or_in_its_name(path: Path) -> None:
    assert expected_hash(path.with_name("toxic-1a2b3c4d.ckpt")) == "1a2b3c4d"
    path.with_name("x.ckpt.sha256").write_text(f"{DIGEST}  x.ckpt\n")
    assert expected_hash(path) == DIGEST


@pytest.mark.parametrize("name", ["x.ckpt", "x-1a2b.ckpt", "toxic-bert.ckpt", "x-1a2b3c4d"])
def test_a_file_without_a_hash_is_refused(path: Path, name: str) -> None:
    with pytest.raises(BundleError, match=r"sha256 is not known.*sha256sum"):
        expected_hash(path.with_name(name))


@pytest.mark.parametrize("contents", [b"", b"abc", b"\xff" * 90])
def test_a_broken_hash_file_is_refused(path: Path, contents: bytes) -> None:
    path.with_name("x.ckpt.sha256").write_bytes(contents)
    with pytest.raises(BundleCorrupt, match=r"\.sha256.*Write it anew"):
        expected_hash(path)


def test_a_changed_checkpoint_is_refused_unread(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)  # reading would be an ImportError
    for wrong in ("0" * 64, DIGEST[:8][::-1]):
        with pytest.raises(BundleCorrupt, match=r"its sha256 is .*expected .*Get it again"):
            read_checkpoint(path, wrong)
    with pytest.raises(ImportError):
        read_checkpoint(path, DIGEST)


@pytest.mark.parametrize("sha256", ["", "abc", "x" * 64, "0" * 65])
def test_what_is_no_hash_is_refused(path: Path, sha256: str) -> None:
    with pytest.raises(InputError, match="no sha256"):
        read_checkpoint(path, sha256)


def test_the_table_of_classes_is_documented() -> None:
    document = (Path(__file__).resolve().parents[2] / "docs" / "detoxify.md").read_text(encoding="utf-8")
    rows = [line.split("|")[1:3] for line in document.splitlines() if line.startswith("| ")]
    for name, label in CLASSES.items():
        (meaning,) = [right for left, right in rows if re.search(rf"\b{name}\b", left) and "not read" not in right]
        assert label in LABEL_NAMES
        assert meaning.strip() == ("the same" if name == label != "toxicity" else label)


def test_published_hashes_begin_as_the_file_names_say() -> None:
    for published in PUBLISHED.values():
        assert published.sha256.startswith(expected_hash(Path(published.file)))


@pytest.mark.parametrize("length", [0, 1, _PIECE, _PIECE + 1, 3 * _PIECE + 7])
@pytest.mark.parametrize("word", ["x", "word ", "x" * 300 + " "])
def test_pieces_cover_the_text(word: str, length: int) -> None:
    text = (word * length)[:length]
    pieces = list(_pieces(text))
    assert max(map(len, pieces)) <= _PIECE
    covered = 0
    for piece in pieces:
        start = text.find(piece, max(0, covered - _PIECE_OVERLAP)) if piece else 0
        assert start <= covered
        covered = max(covered, start + len(piece))
    assert covered == length


@pytest.mark.parametrize("absent", ["detoxify", "torch"])
def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch, absent: str) -> None:
    monkeypatch.setitem(sys.modules, absent, None)
    with pytest.raises(MissingExtra, match=r"pip install 'moderation\[detoxify\]'"):
        DetoxifyClassifier.load()
