"""Bundles: every byte counts, and what cannot be used is refused with what to do about it."""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from moderation.bundle import FORMAT, SHIPPED, Manifest, bundle_path, load_bundle, write_bundle
from moderation.corpora.sketch import SEEN
from moderation.errors import BundleCorrupt, BundleError, BundleTooNew, OutputError
from moderation.golden import GOLDEN

POSITIONS = 40


@pytest.fixture
def copy(bundle_dir: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundle_dir, tmp_path / "copy"))


def manifest(**changes: Any) -> Manifest:
    standard: dict[str, Any] = {
        "kind": "ngram",
        "name": "b",
        "version": "1",
        "labels": ("hate",),
        "languages": ("en",),
        "normaliser": 1,
        "thresholds": {"hate": 0.5},
        "licence": "Apache-2.0",
    }
    return Manifest(**standard | changes)


@pytest.fixture
def forged(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes a manifest with fields changed and a hash that fits, as an attacker can."""

    def write(**changes: Any) -> Path:
        write_bundle(tmp_path / "f", manifest(), {"a": b"1"})
        table = json.loads((tmp_path / "f/manifest.json").read_bytes()) | changes | {"sha256": ""}
        text = json.dumps(table, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
        table["sha256"] = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        text = json.dumps(table, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
        (tmp_path / "f/manifest.json").write_bytes(text.encode("utf-8", "surrogatepass"))
        return tmp_path / "f"

    return write


def test_what_was_written_is_read(tmp_path: Path) -> None:
    written = write_bundle(tmp_path / "b", manifest(corpora=({"name": "c"},)), {"a": b"1", "b.txt": b"\x00\xff"})
    read = load_bundle(tmp_path / "b")
    assert read.manifest == written.manifest
    assert read.files == written.files == {"a": b"1", "b.txt": b"\x00\xff"}
    assert read.identity == f"b/1+{read.manifest.sha256[:8]}"


def test_the_identity_covers_every_file_and_field(tmp_path: Path) -> None:
    variants = [
        (manifest(), b"1"),
        (manifest(), b"2"),
        (manifest(version="2"), b"1"),
        (manifest(metrics={"x": 1}), b"1"),
    ]
    identities = {write_bundle(tmp_path / "b", m, {"a": contents}).identity for m, contents in variants}
    assert len(identities) == len(variants)
    assert write_bundle(tmp_path / "b", manifest(), {"a": b"1"}).identity in identities


def test_a_bundle_takes_the_place_of_another(tmp_path: Path) -> None:
    write_bundle(tmp_path / "b", manifest(), {"old": b"1"})
    write_bundle(tmp_path / "b", manifest(), {"new": b"2"})
    assert set(load_bundle(tmp_path / "b").files) == {"new"}
    assert sorted(p.name for p in (tmp_path / "b").iterdir()) == ["manifest.json", "new"]


def test_no_bundle_takes_the_place_of_other_files(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_bytes(b"years of work")
    with pytest.raises(OutputError, match="no bundle"):
        write_bundle(tmp_path, manifest(), {"a": b"1"})
    assert (tmp_path / "thesis.tex").read_bytes() == b"years of work"


@pytest.mark.parametrize("name", ["manifest.json", "ngram.safetensors", SEEN, GOLDEN, "README.md"])
@pytest.mark.parametrize("mask", [0x01, 0x2A, 0x80])  # 0x2A makes a blank of a line's end: JSON would not mind
def test_a_flipped_byte_is_refused(copy: Path, name: str, mask: int) -> None:
    good = (copy / name).read_bytes()
    blanks = [at for at, byte in enumerate(good) if byte in b" \n"][:POSITIONS]
    for at in {*range(0, len(good), len(good) // POSITIONS), len(good) - 1, *blanks}:
        (copy / name).write_bytes(good[:at] + bytes([good[at] ^ mask]) + good[at + 1 :])
        with pytest.raises(BundleError, match=r"again|upgrade") as caught:
            load_bundle(copy)
        is_format = name == "manifest.json" and b'"format": ' in good[at - 10 : at]
        assert isinstance(caught.value, BundleCorrupt) or is_format
        assert name in str(caught.value) or is_format
    (copy / name).write_bytes(good)
    load_bundle(copy)


def test_every_file_of_a_bundle_is_tried_above(bundle_dir: Path) -> None:
    names = {p.name for p in bundle_dir.iterdir()}
    assert names == {"manifest.json", "ngram.safetensors", SEEN, GOLDEN, "README.md"}


@pytest.mark.parametrize("name", ["ngram.safetensors", SEEN, GOLDEN, "README.md"])
@pytest.mark.parametrize("change", [b"", b"more"], ids=["emptied", "longer"])
def test_a_cut_or_longer_file_is_refused(copy: Path, name: str, change: bytes) -> None:
    good = (copy / name).read_bytes()
    (copy / name).write_bytes(good + change if change else b"")
    with pytest.raises(BundleCorrupt, match=f"{name}: its sha256 is"):
        load_bundle(copy)


@pytest.mark.parametrize("name", ["ngram.safetensors", SEEN, GOLDEN, "README.md"])
def test_a_missing_file_is_refused(copy: Path, name: str) -> None:
    (copy / name).unlink()
    with pytest.raises(BundleCorrupt, match=f"{name}: cannot be read.*Get the bundle again"):
        load_bundle(copy)


def test_a_word_is_a_shipped_bundle_and_all_else_a_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("moderation.bundle.shipped", tmp_path.joinpath)
    for word in SHIPPED:
        write_bundle(tmp_path / "models" / word, manifest(name=word), {})
        assert load_bundle(word).manifest.name == word
        assert bundle_path(f"./{word}") == bundle_path(Path(word)) == Path(word)
    assert load_bundle().manifest.name == "default"
    assert bundle_path("quick") == Path("quick")


@pytest.mark.parametrize("word", ["fast", "accurate", "default", None])
def test_a_shipped_bundle_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, word: str | None) -> None:
    monkeypatch.setattr("moderation.bundle.shipped", tmp_path.joinpath)
    name = word or "default"
    with pytest.raises(BundleError, match=rf"^{name}: this installation has no such bundle.*Install.*\./{name}\)\.$"):
        load_bundle(word)


def test_a_folder_without_manifest_is_no_bundle(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nothing here"):
        with pytest.raises(BundleError, match=r"no bundle here.*moderation train"):
            load_bundle(path)


@pytest.mark.parametrize("contents", [b"", b"\x00", b"[1]", b"{}", b"[" * 200_000, b'{"format": true}', b"\xff\xfe{"])
def test_a_manifest_that_is_none_is_refused(copy: Path, contents: bytes) -> None:
    (copy / "manifest.json").write_bytes(contents)
    with pytest.raises(BundleCorrupt, match="again"):
        load_bundle(copy)


def test_a_forged_manifest_without_changes_is_good(forged: Callable[..., Path]) -> None:
    assert load_bundle(forged()).files == {"a": b"1"}


def test_a_newer_format_is_refused(forged: Callable[..., Path]) -> None:
    with pytest.raises(BundleTooNew, match=f"format {FORMAT + 1}.*up to {FORMAT}.*pip install --upgrade"):
        load_bundle(forged(format=FORMAT + 1, something_new=[1]))


@pytest.mark.parametrize("name", ["../a", "/etc/hostname", "..", ".", "", "sub/a", "a\x00", "\ud800", "..\\a"])
def test_a_path_outside_is_refused(forged: Callable[..., Path], name: str) -> None:
    with pytest.raises(BundleCorrupt, match="again"):
        load_bundle(forged(files={name: hashlib.sha256(b"").hexdigest()}))


@pytest.mark.parametrize(
    "changes",
    [
        {"format": 0},
        {"kind": ["ngram"]},
        {"name": None},
        {"labels": "hate"},
        {"labels": [1]},
        {"languages": [None]},
        {"normaliser": "1"},
        {"thresholds": {"hate": "0.5"}},
        {"thresholds": [0.5]},
        {"files": []},
        {"files": {"a": 1}},
        {"corpora": {}},
        {"metrics": "\ud800"},
        {"metrics": {"x": "\ud800"}},
        {"extra": 1},
    ],
    ids=ascii,
)
def test_a_field_of_another_type_is_refused(forged: Callable[..., Path], changes: dict[str, Any]) -> None:
    with pytest.raises(BundleCorrupt, match="again"):
        load_bundle(forged(**changes))
