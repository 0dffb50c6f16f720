"""The encoder: a small transformer in 8 bits, run by onnxruntime on the CPU. Neither torch nor transformers is needed.

A text is normalised, cut into word pieces, and judged in overlapping windows where it is long; its logit is the highest
of its windows'. The calibration is folded into the last layer, so the logistic function of the logit is the calibrated
probability.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from moderation.bundle import Bundle
from moderation.classifiers.base import ClassifierInfo
from moderation.errors import BundleCorrupt, BundleError
from moderation.text import NORMALISER_VERSION, Normalised, normalise
from moderation.types import Span

KIND = "encoder"
MODEL = "encoder.onnx"
TOKENIZER = "tokenizer.json"
PIECES = "pieces"
"""The entry of the model's metadata that says how many pieces its tokenizer has."""

WINDOW = 128
"""Tokens of a window, the two that enclose it included."""
OVERLAP = 32

_PAD = 0
_BATCH_TEXTS = 4096  # tokenised at once
_BATCH_TOKENS = 2048  # judged at once: more is no faster, and takes memory

_Tokens = NDArray[np.int64]


class EncoderClassifier:
    """A transformer in 8 bits. Immutable, and safe to use from several threads (onnxruntime drops the GIL)."""

    def __init__(self, info: ClassifierInfo, model: bytes, tokenizer: bytes, threads: int = 0) -> None:
        """Take the files of a bundle; `threads` judge (0: one for each core). Raises BundleError for files that are
        not an encoder's, or not of one another.
        """
        import onnxruntime  # a tenth of a second, paid by those who score
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 4
        errors = onnxruntime.capi.onnxruntime_pybind11_state
        try:
            self._session = onnxruntime.InferenceSession(model, options, ["CPUExecutionProvider"])
        except (errors.InvalidProtobuf, errors.InvalidGraph, errors.InvalidArgument, errors.Fail,
                errors.NotImplemented, errors.RuntimeException) as error:  # fmt: skip
            raise BundleCorrupt(f"{MODEL}: no model that onnxruntime can run ({_first_line(error)}).") from None
        try:
            self._tokenizer = Tokenizer.from_str(tokenizer.decode())
        except Exception as error:  # noqa: BLE001 - the library raises nothing narrower
            raise BundleCorrupt(f"{TOKENIZER}: no tokenizer ({_first_line(error)}).") from None
        self.info = info
        self._threads = threads
        _check(self._session, self._tokenizer, len(info.labels))

    @classmethod
    def from_bundle(cls, bundle: Bundle, threads: int = 0) -> "EncoderClassifier":
        """Build the classifier that a checked bundle holds. Raises BundleError where it does not fit this version."""
        manifest = bundle.manifest
        if manifest.normaliser != NORMALISER_VERSION:
            raise BundleError(
                f"{bundle.path}: made for normaliser {manifest.normaliser}, and this version has "
                f"{NORMALISER_VERSION}: its scores "
                "would be wrong. Train it again, or install the version that made it."
            )
        info = ClassifierInfo(manifest.name, manifest.version, manifest.labels, manifest.languages)
        try:
            return cls(info, bundle.files[MODEL], bundle.files[TOKENIZER], threads)
        except KeyError as missing:
            raise BundleCorrupt(f"{bundle.path}: holds no {missing.args[0]}. Get the bundle again.") from None
        except BundleCorrupt as error:
            raise BundleCorrupt(f"{bundle.path}/{error} Get the bundle again.") from None

    def logits(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return calibrated logits, float64 (len(texts), labels)."""
        result = np.full((len(texts), len(self.info.labels)), -np.inf)
        for start in range(0, len(texts), _BATCH_TEXTS):
            part = [normalise(text).text for text in texts[start : start + _BATCH_TEXTS]]
            owners: list[int] = []
            windows: list[_Tokens] = []
            for k, encoding in enumerate(self._encoded(part)):
                cut = windows_of(np.array(encoding.ids, np.int64))
                owners += [start + k] * len(cut)
                windows += cut
            np.maximum.at(result, owners, self._judge(windows))
        return result

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return calibrated probabilities, float32 (len(texts), labels)."""
        return (1.0 / (1.0 + np.exp(-self.logits(texts)))).astype(np.float32)

    def explain(self, text: str) -> tuple[Span, ...]:
        """Return by how much each label's logit falls where a word is left out, and what is left of the logit after
        all words' shares as the span (0, 0), so that the weights of a label sum to its logit.

        Occlusion (Zeiler and Fergus 2014) over the words of the window that has the highest logit, one judgement a
        word; of a window's words all are tried, of a text's windows those that decide a label.
        """
        normalised = normalise(text)
        encoding = self._tokenizer.encode(normalised.text)
        windows = windows_of(np.array(encoding.ids, np.int64))
        base = self._judge(windows)
        words = _words(normalised, encoding, len(windows))
        spans: list[Span] = []
        left = base.max(axis=0)
        for at in np.unique(base.argmax(axis=0)):
            own = words[at]
            without = self._judge([np.delete(windows[at], places) for _, places in own])
            for label in np.flatnonzero(base.argmax(axis=0) == at):
                name = self.info.labels[label]
                falls = base[at, label] - without[:, label]
                left[label] -= falls.sum()
                spans += [
                    Span(start, end, name, float(fall)) for ((start, end), _), fall in zip(own, falls, strict=True)
                ]
        return (*(Span(0, 0, name, float(rest)) for name, rest in zip(self.info.labels, left, strict=True)), *spans)

    def _encoded(self, texts: list[str]) -> Iterable[Any]:
        """Return the encodings of texts. The tokenizer's batches take all cores, so whoever asked for one thread gets
        one text after the other.
        """
        if self._threads == 1:
            return map(self._tokenizer.encode, texts)
        return self._tokenizer.encode_batch_fast(texts)

    def _judge(self, windows: Sequence[_Tokens]) -> NDArray[np.float64]:
        """Return the logits of windows, float64 (len(windows), labels): those of like length together."""
        result = np.empty((len(windows), len(self.info.labels)))
        for rows in _batches([len(window) for window in windows]):
            tokens = np.full((len(rows), max(len(windows[k]) for k in rows)), _PAD, np.int64)
            for line, k in zip(tokens, rows, strict=True):
                line[: len(windows[k])] = windows[k]
            result[rows] = self._session.run(["logits"], {"tokens": tokens})[0]
        return result


def windows_of(tokens: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Cut the tokens of a text, enclosed in [CLS] and [SEP], into overlapping windows, each enclosed so."""
    if len(tokens) <= WINDOW:
        return [tokens]
    first, inner, last = tokens[:1], tokens[1:-1], tokens[-1:]
    step = WINDOW - 2 - OVERLAP
    starts = range(0, len(inner) - OVERLAP, step)
    return [np.concatenate((first, inner[start : start + WINDOW - 2], last)) for start in starts]


def _words(normalised: Normalised, encoding: Any, windows: int) -> list[list[tuple[tuple[int, int], list[int]]]]:
    """Return for each window its words: where each stands in the original text, and its places in the window."""
    text = normalised.text
    # Whitespace ends a word: "don't" is one, though it is three pieces.
    number = np.cumsum([c.isspace() for c in text]) if text else np.empty(0, np.int64)
    step = WINDOW - 2 - OVERLAP
    result: list[dict[int, tuple[list[int], list[int]]]] = [{} for _ in range(windows)]
    for place, (start, end) in enumerate(encoding.offsets[1:-1]):
        if start == end:
            continue
        word = int(number[start])
        for at in range(max(0, (place - WINDOW + 2) // step + 1), min(windows, place // step + 1)):
            extent, places = result[at].setdefault(word, ([start, end], []))
            extent[1] = end
            places.append(place - at * step + 1)
    return [
        [
            ((int(normalised.starts[extent[0]]), int(normalised.ends[extent[1] - 1])), places)
            for extent, places in window.values()
        ]
        for window in result
    ]


def _batches(lengths: Sequence[int]) -> Iterator[NDArray[np.int64]]:
    """Yield row numbers in batches of like length, each of at most _BATCH_TOKENS tokens with its padding."""
    order = np.argsort(lengths, kind="stable")
    first = 0
    for at, row in enumerate(order):
        if at > first and (at - first + 1) * lengths[row] > _BATCH_TOKENS:
            yield order[first:at]
            first = at
    if len(order):
        yield order[first:]


def _check(session: Any, tokenizer: Any, labels: int) -> None:
    inputs, outputs = session.get_inputs(), session.get_outputs()
    if [i.name for i in inputs] != ["tokens"] or [o.name for o in outputs] != ["logits"]:
        raise BundleCorrupt(f"{MODEL}: not an encoder of this project.")
    if outputs[0].shape[-1] != labels:
        raise BundleCorrupt(f"{MODEL}: judges {outputs[0].shape[-1]} labels, and the manifest names {labels}.")
    pieces = session.get_modelmeta().custom_metadata_map.get(PIECES)
    if pieces != str(tokenizer.get_vocab_size()) or tokenizer.token_to_id("[PAD]") != _PAD:
        raise BundleCorrupt(
            f"{TOKENIZER}: has {tokenizer.get_vocab_size()} pieces, and {MODEL} knows {pieces}: of another model."
        )


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:200]
