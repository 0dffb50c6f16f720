"""Models of Detoxify (Hanu and Unitary team, 2020, https://github.com/unitaryai/detoxify) as classifiers."""

import threading
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.classifiers.base import ClassifierInfo
from moderation.classifiers.detoxify_checkpoint import (
    CHECKPOINT,
    PUBLISHED,
    Checkpoint,
    Published,
    expected_hash,
    read_checkpoint,
)
from moderation.errors import BundleCorrupt, BundleError, DeviceError, InputError, MissingExtra
from moderation.labels import LABEL_NAMES
from moderation.text import NORMALISER_VERSION, normalise

CLASSES = {
    "toxicity": "toxicity",
    "toxic": "toxicity",
    "identity_attack": "hate",
    "identity_hate": "hate",
    "hate": "hate",
    "antisemitism": "antisemitism",
}
"""Detoxify's classes, and ours in a checkpoint that `moderation export` wrote, to labels. The others are not read:
severe_toxicity, obscene, threat, insult and sexual_explicit are kinds of toxicity, the rest says who is spoken of. None
of the published models judges antisemitism.
"""

_Window = tuple[int, list[int]]  # which text, and the tokens of one stretch of it

_PIECE = 1 << 14  # code points tokenised at once: bounds the memory for a text of any length
_PIECE_OVERLAP = 256  # code points that two neighbouring pieces share, so that no phrase is only seen cut
_OVERLAP = 64  # tokens that two neighbouring windows share, for the same reason
_GROUP = 1024  # windows that are sorted together
_BATCH_TOKENS = 1 << 13  # tokens through the model at once, padding included
_LONGEST_WINDOW = 512  # tokens; a model that could take more was not trained on more


class DetoxifyClassifier:
    """A model in Detoxify's format. Immutable, and safe to use from several threads.

    Its probabilities are the model's own, as `detoxify.Detoxify.predict` gives them: nobody calibrated them on
    comments like yours. A text longer than the model's window (mostly 512 tokens, where Detoxify cuts) is judged in
    windows that overlap, and gets the highest score of any: one sentence of hate is enough, however long and
    harmless the rest is.
    """

    def __init__(
        self, info: ClassifierInfo, columns: Sequence[int], model: Any, tokenizer: Any, *, normalised: bool = False
    ) -> None:
        self.info = info
        self._normalised = normalised
        self._columns = list(columns)
        self._model = model
        self._tokenizer = tokenizer
        self._lock = threading.Lock()  # tokenizers keep settings that a call changes
        self._before, self._after = _affixes(tokenizer)
        self._size = _longest(model, tokenizer) - len(self._before) - len(self._after)
        self._overlap = min(_OVERLAP, self._size // 4)

    @classmethod
    def load(
        cls,
        name_or_path: str | Path = "original",
        *,
        config: Path | str | None = None,
        sha256: str | None = None,
        device: str = "cpu",
        threads: int | None = None,
    ) -> "DetoxifyClassifier":
        """Load a model that Detoxify publishes (a name in PUBLISHED), or a checkpoint in its format.

        A published model is taken out of torch.hub's cache, or downloaded into it. A path names a checkpoint, or a
        directory that `moderation export --format detoxify` wrote. `config` is a directory with config.json and the
        tokenizer's files (None: the checkpoint's own directory, if it holds a config.json, else what the checkpoint
        names on the Hugging Face hub). `sha256`, whole or its beginning, is compared before the checkpoint is read; for
        None see `expected_hash`. `threads` is torch's number of threads, which all of the process shares.

        Raises MissingExtra, BundleError or BundleCorrupt where there is no such model or not all of it, DeviceError
        where `device` (such as "cuda:0") cannot be had, InputError for an argument that makes no sense.
        """
        try:
            import detoxify  # noqa: F401
            import torch
        except ImportError:
            raise MissingExtra("A Detoxify model", "detoxify") from None
        if threads is not None:
            if threads < 1:
                raise InputError(f"threads={threads}: give 1 or more.")
            torch.set_num_threads(threads)
        _check_device(device)
        published = PUBLISHED.get(str(name_or_path))
        path = _fetched(published) if published else _local(Path(name_or_path))
        expected = sha256 or (published.sha256 if published else expected_hash(path))
        checkpoint = read_checkpoint(path, expected)
        if checkpoint.normaliser not in (None, NORMALISER_VERSION):
            raise BundleError(
                f"{path}: made for normaliser {checkpoint.normaliser}, and this version has {NORMALISER_VERSION}: its "
                "scores would be wrong. Export it again, or install the version that made it."
            )
        columns = _columns(checkpoint)
        beside = None if published or not (path.parent / "config.json").is_file() else path.parent
        model, tokenizer = _built(checkpoint, beside if config is None else Path(config))
        try:
            model = model.to(device)
        except RuntimeError as error:
            raise _device_error(device, error) from None
        info = ClassifierInfo(
            name=f"detoxify-{name_or_path}" if published else path.stem,
            version=published.release if published else checkpoint.sha256[:8],
            labels=tuple(columns),
            languages=published.languages if published else checkpoint.languages,
        )
        return cls(info, [*columns.values()], model, tokenizer, normalised=checkpoint.normaliser is not None)

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the model's probabilities, float32 (len(texts), labels).

        Raises DeviceError where the device gives out, BundleCorrupt where the weights give no numbers.
        """
        result = np.zeros((len(texts), len(self.info.labels)), np.float32)
        for batch in _batches(self._windows(texts)):
            scores = self._scores([tokens for _, tokens in batch])
            np.maximum.at(result, [at for at, _ in batch], scores)
        if not np.isfinite(result).all():
            raise BundleCorrupt(f"{self.info.name}: its weights give scores that are no numbers. Get it again.")
        return result

    def _windows(self, texts: Sequence[str]) -> Iterator[_Window]:
        """Give the windows of all texts, short texts first: those of like length share a batch, with little padding."""
        for at in sorted(range(len(texts)), key=lambda i: len(texts[i])):
            text = normalise(texts[at]).text if self._normalised else texts[at]
            for piece in _pieces(text.encode("utf-8", "replace").decode()):  # lone surrogates are no tokenizer's food
                tokens = self._tokens(piece)
                for start in range(0, max(len(tokens) - self._overlap, 1), self._size - self._overlap):
                    yield at, [*self._before, *tokens[start : start + self._size], *self._after]

    def _tokens(self, text: str) -> list[int]:
        with self._lock:
            return list(self._tokenizer(text, add_special_tokens=False, truncation=False, verbose=False)["input_ids"])

    def _scores(self, rows: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Return the probabilities of one batch of token rows, float32 (rows, labels)."""
        import torch

        tokens = np.full((len(rows), max(map(len, rows))), self._tokenizer.pad_token_id, np.int64)
        mask = np.zeros(tokens.shape, np.int64)
        for row, ids in enumerate(rows):
            tokens[row, : len(ids)] = ids
            mask[row, : len(ids)] = 1
        device = self._model.device
        try:
            with torch.inference_mode():
                inputs = {"input_ids": tokens, "attention_mask": mask}
                logits = self._model(**{name: torch.from_numpy(a).to(device) for name, a in inputs.items()})[0]
                scores: NDArray[np.float32] = torch.sigmoid(logits[:, self._columns]).cpu().numpy()
        except RuntimeError as error:
            raise _device_error(str(device), error) from None
        return scores


def _pieces(text: str) -> Iterator[str]:
    """Cut a text into pieces that overlap, at blanks where there are any. Mostly it is a single one."""
    start = 0
    while len(text) - start > _PIECE:
        stop = text.rfind(" ", start + _PIECE // 2, start + _PIECE)
        stop = stop if stop > 0 else start + _PIECE
        yield text[start:stop]
        start = max(text.find(" ", stop - _PIECE_OVERLAP, stop), stop - _PIECE_OVERLAP)
    yield text[start:]


def _batches(windows: Iterator[_Window]) -> Iterator[list[_Window]]:
    """Put windows of like length together, up to a number of tokens with padding."""
    while group := sorted(islice(windows, _GROUP), key=lambda window: len(window[1])):
        start = 0
        for stop in range(1, len(group) + 1):
            if stop == len(group) or (stop + 1 - start) * len(group[stop][1]) > _BATCH_TOKENS:
                yield group[start:stop]
                start = stop


def _affixes(tokenizer: Any) -> tuple[list[int], list[int]]:
    """Return the special tokens that the tokenizer puts before and after a text."""
    bare = list(tokenizer("a", add_special_tokens=False)["input_ids"])
    whole = list(tokenizer("a")["input_ids"])
    before = next((i for i in range(len(whole)) if whole[i : i + len(bare)] == bare), None)
    if before is None or not bare:
        raise BundleError(
            "This tokenizer reads a text otherwise when it adds special tokens: long texts are not judged."
        )
    return whole[:before], whole[before + len(bare) :]


def _longest(model: Any, tokenizer: Any) -> int:
    """Return how many tokens the model takes, special ones included."""
    config = model.config
    skipped = config.pad_token_id + 1 if "roberta" in config.model_type else 0  # RoBERTa counts positions from there
    return min(_LONGEST_WINDOW, int(config.max_position_embeddings) - skipped, int(tokenizer.model_max_length))


def _columns(checkpoint: Checkpoint) -> dict[str, int]:
    """Return the column of each label that the checkpoint judges, in the labels' order. Raises BundleError."""
    found: dict[str, int] = {}
    for column, name in enumerate(checkpoint.classes):
        if name in CLASSES and found.setdefault(CLASSES[name], column) != column:
            raise BundleError(f"{checkpoint.path}: two of its classes mean {CLASSES[name]}. Rename one of them.")
    if not found:
        raise BundleError(
            f"{checkpoint.path}: judges {', '.join(checkpoint.classes)}, none of which is known here. Known: "
            f"{', '.join(CLASSES)}."
        )
    return {label: found[label] for label in LABEL_NAMES if label in found}


def _built(checkpoint: Checkpoint, folder: Path | None) -> tuple[Any, Any]:
    """Have the library build model and tokenizer; say what is missing, or does not fit."""
    from detoxify.detoxify import get_model_and_tokenizer
    from transformers.utils import logging

    progress: Any = logging
    # The library reads the config of `model_type` even where it is given a directory, and then takes the number of
    # classes out of the directory's config.json; a directory as `model_type` needs neither network nor luck.
    source = checkpoint.model_type if folder is None else str(folder)
    if folder is not None and not (folder / "config.json").is_file():
        raise BundleError(f"{folder}: holds no config.json. Give the directory with the model's config and tokenizer.")
    shown = progress.is_progress_bar_enabled()
    progress.disable_progress_bar()
    try:
        model, tokenizer = get_model_and_tokenizer(
            source, checkpoint.model_class, checkpoint.tokenizer_class, checkpoint.columns, dict(checkpoint.state)
        )
        fault = _misfit(checkpoint, model, tokenizer)
    except OSError:
        raise BundleError(
            f"{checkpoint.path}: needs the config and tokenizer of {source}, which are not here and cannot be fetched "
            f"from the Hugging Face hub. Elsewhere: hf download {source} --local-dir DIR; then give config=DIR."
        ) from None
    except Exception as error:  # noqa: BLE001 - transformers raises anything for a config that it does not expect
        fault = str(error).strip().split("\n")[0]
    finally:
        if shown:
            progress.enable_progress_bar()
    if fault:
        raise BundleCorrupt(
            f"{checkpoint.path}: does not fit the config and tokenizer of {source} ({fault}). Give those that it was "
            "trained with: config=DIR."
        )
    return model.float().eval(), tokenizer


def _misfit(checkpoint: Checkpoint, model: Any, tokenizer: Any) -> str | None:
    """Say what does not match, or None. Transformers only logs such things, and scores with drawn weights."""
    missing = {name for name in model.state_dict() if not name.endswith("_ids")} - checkpoint.state.keys()
    if missing:
        return f"no weights for {min(missing)}"
    rows, words = model.get_input_embeddings().num_embeddings, tokenizer.get_vocab()
    if max(words.values()) >= rows or 2 * len(words) < rows:
        return f"the tokenizer knows {len(words)} tokens, the model {rows}"
    if tokenizer.pad_token_id is None:
        return "the tokenizer has no token for padding"
    if _longest(model, tokenizer) < 8:
        return f"windows of {_longest(model, tokenizer)} tokens"
    return None


def _local(path: Path) -> Path:
    found = path / CHECKPOINT if path.is_dir() else path
    if not found.is_file():
        raise BundleError(f"{found}: no such checkpoint. Name a file, or a published model: {', '.join(PUBLISHED)}.")
    return found


def _fetched(published: Published) -> Path:
    """Return where torch.hub keeps a published checkpoint, downloaded if it is not there. Raises BundleError."""
    import torch

    path = Path(torch.hub.get_dir()) / "checkpoints" / published.file
    if not path.is_file():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            torch.hub.download_url_to_file(published.url, str(path), published.sha256, progress=False)
        except (OSError, RuntimeError) as error:
            raise BundleError(
                f"{published.url}: cannot be downloaded ({error}). Fetch it elsewhere, and put it at {path}, or give "
                "its path."
            ) from None
    return path


def _check_device(device: str) -> None:
    import torch

    try:
        torch.zeros(1, device=device).cpu()
    except (AssertionError, RuntimeError) as error:  # an AssertionError where torch was built for another processor
        raise _device_error(device, error) from None


def _device_error(device: str, error: Exception) -> DeviceError:
    return DeviceError(
        f"device {device}: cannot be used, or gave out ({str(error).strip().splitlines()[0]}). Try again, or give "
        "device='cpu'."
    )
