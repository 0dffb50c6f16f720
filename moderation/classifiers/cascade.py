"""The cascade: a fast classifier decides what is clear, it and an accurate one together the rest (Viola and Jones 2001;
Wolpert 1992 for their sum).

A text is clear where the fast probability of every label is outside that label's band. Of any other, a label's logit is

    intercept + fast_weight * (logit of the fast part) + accurate_weight * (logit of the accurate part)

The bundle holds the bands, the weights, and the names and hashes of its two parts, which lie beside it.
"""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from moderation.bundle import Bundle, load_bundle
from moderation.classifiers.base import Classifier, ClassifierInfo, Explainer
from moderation.errors import BundleCorrupt, BundleError
from moderation.types import Span

KIND = "cascade"
FILE = "cascade.json"

_FOLDER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class Part:
    """A bundle beside the cascade's: its folder's name, and its manifest's sha256."""

    folder: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Mix:
    """What the logits of both parts count in a label's, where both are asked."""

    fast: float
    accurate: float
    intercept: float = 0.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What a cascade's bundle says: its parts, and for each label the band [low, high) of the fast probability in
    which the accurate part is asked, too, and how both are added up.
    """

    fast: Part
    accurate: Part
    bands: Mapping[str, tuple[float, float]]
    mixes: Mapping[str, Mix]

    def to_file(self) -> bytes:
        """Return the plan as it stands in the bundle."""
        parts = {name: {"folder": part.folder, "sha256": part.sha256} for name, part in self._parts()}
        mixes = {label: asdict(mix) for label, mix in self.mixes.items()}
        table = {**parts, "bands": dict(self.bands), "mixes": mixes}
        return json.dumps(table, indent=1, sort_keys=True).encode() + b"\n"

    def _parts(self) -> tuple[tuple[str, Part], tuple[str, Part]]:
        return ("fast", self.fast), ("accurate", self.accurate)


class CascadeClassifier:
    """A fast and an accurate classifier of the same labels. Immutable, and as safe to share as its parts."""

    def __init__(self, info: ClassifierInfo, fast: Classifier, accurate: Classifier, plan: Plan) -> None:
        self.info = info
        self.fast = fast
        self.accurate = accurate
        limits = np.array([plan.bands[label] for label in info.labels], np.float32)
        self._low, self._high = limits[:, 0], limits[:, 1]
        self._mixes = [plan.mixes[label] for label in info.labels]

    @classmethod
    def from_bundle(cls, bundle: Bundle, load: Callable[[Bundle], Classifier]) -> "CascadeClassifier":
        """Build the cascade that a checked bundle describes, out of the bundles beside it, with `load` for each.

        Raises BundleCorrupt where the description is damaged, BundleError where a part is missing or another one.
        """
        manifest = bundle.manifest
        plan = _read(bundle)
        fast, accurate = (load(_part(bundle, part)) for part in (plan.fast, plan.accurate))
        if not fast.info.labels == accurate.info.labels == manifest.labels:
            raise BundleError(f"{bundle.path}: its parts do not judge its labels. Get all three bundles again.")
        info = ClassifierInfo(manifest.name, manifest.version, manifest.labels, manifest.languages)
        return cls(info, fast, accurate, plan)

    def unclear(self, fast: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Tell which rows of fast probabilities, (n, labels), leave a label in its band: bool (n,)."""
        return np.asarray(((fast >= self._low) & (fast < self._high)).any(axis=1))

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return calibrated probabilities, float32 (len(texts), labels)."""
        result = self.fast.probabilities(texts)
        rest = np.flatnonzero(self.unclear(result))
        if len(rest):
            result[rest] = mixed(
                result[rest], self.accurate.probabilities([texts[k] for k in rest.tolist()]), self._mixes
            )
        return result

    def explain(self, text: str) -> tuple[Span, ...]:
        """Return what those that judged `text` say of it, each by its weight: the weights of a label sum to its logit.
        Nothing, where one of them cannot explain.
        """
        if not isinstance(self.fast, Explainer):
            return ()
        spans = self.fast.explain(text)
        if not self.unclear(self.fast.probabilities([text]))[0]:
            return spans
        if not isinstance(self.accurate, Explainer):
            return ()
        mixes = dict(zip(self.info.labels, self._mixes, strict=True))
        total: dict[tuple[int, int, str], float] = {(0, 0, label): mix.intercept for label, mix in mixes.items()}
        shares = [(span, mixes[span.label].fast) for span in spans]
        shares += [(span, mixes[span.label].accurate) for span in self.accurate.explain(text)]
        for span, share in shares:
            place = (span.start, span.end, span.label)
            total[place] = total.get(place, 0.0) + share * span.weight
        return tuple(Span(start, end, label, weight) for (start, end, label), weight in sorted(total.items()))


def mixed(fast: NDArray[np.float32], accurate: NDArray[np.float32], mixes: Sequence[Mix]) -> NDArray[np.float32]:
    """Return the probabilities of both parts, (n, labels) each, added up as logits."""
    weights = np.array([[mix.fast, mix.accurate, mix.intercept] for mix in mixes]).T
    logits = logit(fast) * weights[0] + logit(accurate) * weights[1] + weights[2]
    result: NDArray[np.float32] = (1.0 / (1.0 + np.exp(-logits))).astype(np.float32)
    return result


def logit(probabilities: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return log(p / (1 - p)), at most 16 to each side."""
    clipped = np.clip(probabilities.astype(np.float64), 1e-7, 1 - 1e-7)
    return np.asarray(np.log(clipped) - np.log1p(-clipped))


def _read(bundle: Bundle) -> Plan:
    try:
        table = json.loads(bundle.files[FILE])
        fast, accurate = (Part(str(table[k]["folder"]), str(table[k]["sha256"])) for k in ("fast", "accurate"))
        bands = {label: _band(table["bands"][label]) for label in bundle.manifest.labels}
        mixes = {label: _mix(table["mixes"][label]) for label in bundle.manifest.labels}
    except (KeyError, TypeError, ValueError, RecursionError):
        raise BundleCorrupt(f"{bundle.path / FILE}: no description of a cascade. Get the bundle again.") from None
    for part in (fast, accurate):
        if not _FOLDER.fullmatch(part.folder):
            raise BundleCorrupt(f"{bundle.path / FILE}: names a part that is not beside it. Get the bundle again.")
    return Plan(fast, accurate, bands, mixes)


def _band(pair: Sequence[float]) -> tuple[float, float]:
    low, high = (float(number) for number in pair)
    if not 0 <= low <= high:
        raise ValueError
    return low, high


def _mix(table: Mapping[str, float]) -> Mix:
    mix = Mix(float(table["fast"]), float(table["accurate"]), float(table["intercept"]))
    if not all(map(math.isfinite, (mix.fast, mix.accurate, mix.intercept))):
        raise ValueError
    return mix


def _part(bundle: Bundle, part: Part) -> Bundle:
    path = bundle.path.resolve().parent / part.folder
    try:
        loaded = load_bundle(path)
    except BundleError as error:
        raise BundleError(f"{bundle.path}: a part of it cannot be loaded: {error}") from None
    if loaded.manifest.kind == KIND:
        raise BundleCorrupt(f"{bundle.path / FILE}: a part is a cascade, too. Get the bundle again.")
    if loaded.manifest.sha256 != part.sha256:
        raise BundleError(
            f"{bundle.path}: was made for another {part.folder} ({part.sha256[:8]}..., here is "
            f"{loaded.manifest.sha256[:8]}...). Get the bundles of one version."
        )
    return loaded
