"""The cascade: a fast classifier decides what is clear, an accurate one the rest (Viola and Jones 2001).

A text is clear where the fast probability of every label is outside that label's band. The bundle holds the bands and
the names and hashes of its two parts, which lie beside it.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

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
class Plan:
    """What a cascade's bundle says: its parts, and for each label the band [low, high) of the fast probability in
    which the accurate part is asked.
    """

    fast: Part
    accurate: Part
    bands: Mapping[str, tuple[float, float]]

    def to_file(self) -> bytes:
        """Return the plan as it stands in the bundle."""
        parts = {name: {"folder": part.folder, "sha256": part.sha256} for name, part in self._parts()}
        return json.dumps({**parts, "bands": dict(self.bands)}, indent=1, sort_keys=True).encode() + b"\n"

    def _parts(self) -> tuple[tuple[str, Part], tuple[str, Part]]:
        return ("fast", self.fast), ("accurate", self.accurate)


class CascadeClassifier:
    """A fast and an accurate classifier of the same labels. Immutable, and as safe to share as its parts."""

    def __init__(
        self, info: ClassifierInfo, fast: Classifier, accurate: Classifier, bands: Mapping[str, tuple[float, float]]
    ) -> None:
        self.info = info
        self.fast = fast
        self.accurate = accurate
        limits = np.array([bands[label] for label in info.labels], np.float32)
        self._low, self._high = limits[:, 0], limits[:, 1]

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
        return cls(info, fast, accurate, plan.bands)

    def unclear(self, fast: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Tell which rows of fast probabilities, (n, labels), leave a label in its band: bool (n,)."""
        return np.asarray(((fast >= self._low) & (fast < self._high)).any(axis=1))

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return calibrated probabilities, float32 (len(texts), labels)."""
        result = self.fast.probabilities(texts)
        rest = np.flatnonzero(self.unclear(result))
        if len(rest):
            result[rest] = self.accurate.probabilities([texts[k] for k in rest.tolist()])
        return result

    def explain(self, text: str) -> tuple[Span, ...]:
        """Return what the part that judged `text` says of it: the weights of a label sum to its logit."""
        asked = self.accurate if self.unclear(self.fast.probabilities([text]))[0] else self.fast
        return asked.explain(text) if isinstance(asked, Explainer) else ()


def _read(bundle: Bundle) -> Plan:
    try:
        table = json.loads(bundle.files[FILE])
        fast, accurate = (Part(str(table[k]["folder"]), str(table[k]["sha256"])) for k in ("fast", "accurate"))
        bands = {label: _band(table["bands"][label]) for label in bundle.manifest.labels}
    except (KeyError, TypeError, ValueError, RecursionError):
        raise BundleCorrupt(f"{bundle.path / FILE}: no description of a cascade. Get the bundle again.") from None
    for part in (fast, accurate):
        if not _FOLDER.fullmatch(part.folder):
            raise BundleCorrupt(f"{bundle.path / FILE}: names a part that is not beside it. Get the bundle again.")
    return Plan(fast, accurate, bands)


def _band(pair: Sequence[float]) -> tuple[float, float]:
    low, high = (float(number) for number in pair)
    if not 0 <= low <= high:
        raise ValueError
    return low, high


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
