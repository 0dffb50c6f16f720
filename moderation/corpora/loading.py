"""From a directory of corpora to what training and evaluation read: cleaned, without copies, in parts."""

import os
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import file_digest
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from moderation.corpora.copies import Union, fingerprints, near_copies
from moderation.corpora.reading import Rows, read_rows
from moderation.corpora.spec import CorpusSpec, load_specs
from moderation.corpora.splits import CALIBRATION, HELD_OUT, PARTS, VALIDATION, assign_parts, group_digests, straddlers
from moderation.errors import CorpusError
from moderation.shipped import shipped

_Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """The rows of one corpus that are of use, by column; n rows, in the file's order.

    `labels` is float32 (n, 3) in the order of LABELS: 1, 0, or NaN where the corpus says nothing. `split` holds
    "train", "calibration" or "validation"; rows of one group (`groups`) are in one part. `fingerprints` are what copies
    are told by (`moderation.corpora.copies`). `drops` counts the rows left out, by reason:
    `rows_in == len(texts) + drops.total()`. `sha256` is the file's, in hexadecimal.
    """

    spec: CorpusSpec
    ids: list[str]
    texts: list[str]
    labels: npt.NDArray[np.float32]
    groups: list[str]
    split: list[str]
    targets: list[tuple[str, ...]]
    meta: list[dict[str, Any]]
    fingerprints: list[str]
    drops: Counter[str]
    rows_in: int
    sha256: str

    def without(self, mask: npt.NDArray[np.bool_], reason: str) -> "Corpus":
        """Return the corpus without the rows where `mask` (n,) is true, counted under `reason`."""
        if not mask.any():
            return self
        keep = np.flatnonzero(~mask).tolist()
        return replace(
            self,
            ids=[self.ids[k] for k in keep],
            texts=[self.texts[k] for k in keep],
            labels=self.labels[keep],
            groups=[self.groups[k] for k in keep],
            split=[self.split[k] for k in keep],
            targets=[self.targets[k] for k in keep],
            meta=[self.meta[k] for k in keep],
            fingerprints=[self.fingerprints[k] for k in keep],
            drops=self.drops + Counter({reason: len(self.texts) - len(keep)}),
        )


@dataclass(slots=True, eq=False)
class _Draft:
    """One corpus on its way: the file's rows, and by column what was found of the m rows that are in use."""

    spec: CorpusSpec
    path: Path
    rows: Rows
    use: _Ints  # (m,) indices into rows
    labels: npt.NDArray[np.float32]  # (m, 3)
    fingerprints: list[str]
    clusters: _Ints
    groups: list[str]
    parts: _Ints
    drops: Counter[str]

    def drop(self, mask: npt.NDArray[np.bool_], reason: str) -> None:
        """Leave out the rows in use where `mask` (m,) is true, and count them."""
        if not mask.any():
            return
        self.drops[reason] += int(mask.sum())
        keep = np.flatnonzero(~mask)
        self.use, self.labels, self.clusters, self.parts = (
            self.use[keep],
            self.labels[keep],
            self.clusters[keep],
            self.parts[keep],
        )
        self.fingerprints = [self.fingerprints[k] for k in keep]
        self.groups = [self.groups[k] for k in keep]


def corpora_directory(given: Path | None = None) -> Path:
    """Return the directory of corpora: `given`, or what MODERATION_CORPORA names.

    Raises CorpusError when there is neither, or no such directory.
    """
    named = given or (Path(os.environ["MODERATION_CORPORA"]) if os.environ.get("MODERATION_CORPORA") else None)
    if named is None:
        raise CorpusError("No corpora: name their directory with --corpora DIR or in MODERATION_CORPORA.")
    if not named.is_dir():
        raise CorpusError(
            f"{named}: no such directory of corpora. Name one with --corpora DIR or in MODERATION_CORPORA."
        )
    return named


def load_corpora(directory: Path, names: Collection[str] | None = None, *, for_training: bool) -> list[Corpus]:
    """Load the corpora `names` (None: all whose files lie in `directory`), sorted by name.

    For training: the corpora that may train, with all parts; train and calibration rows that are near-copies of a
    validation row of any corpus in the directory are left out, as are train rows near a calibration row.
    Otherwise: every corpus, its validation rows only; they are the same ones.

    A corpus that the project ships with its spec is also found where `directory` does not hold it: when it is named,
    and when all are loaded for training and `directory` holds another corpus of the project's specs. So it trains
    beside the public corpora, and neither joins a corpus of one's own unasked nor is measured on.

    Raises CorpusError for a missing or damaged file, a bad spec, or a name that no spec has or that may not train;
    MissingExtra without the extra "train".
    """
    specs = load_specs(directory)
    found = {s.name for s in specs.values() if (directory / s.file).is_file()}
    found |= _shipped(specs, found, names, for_training=for_training)
    present = [s for _, s in sorted(specs.items()) if s.name in found]
    wanted = _wanted(directory, specs, present, names, for_training=for_training)
    # Unlabelled corpora measure nothing, so they guard nothing.
    guards = [s for s in present if s.labels and s not in wanted] if for_training else []
    drafts = [_draft(spec, spec.path(directory)) for spec in (*wanted, *guards)]
    if for_training:
        _drop_copies_across(drafts)
    drafts = drafts[: len(wanted)]
    for draft in drafts:
        draft.drop(draft.parts == HELD_OUT, "released test split")
        if not for_training:
            draft.drop(draft.parts != VALIDATION, "not in the validation part")
    return [_finished(draft) for draft in drafts]


def _shipped(
    specs: dict[str, CorpusSpec], found: set[str], names: Collection[str] | None, *, for_training: bool
) -> set[str]:
    """Return the corpora that are loaded from the project, not from the directory, which holds those `found`."""
    ours = {s.name for s in specs.values() if s.shipped and shipped(s.shipped).is_file()}
    if names is not None:
        return ours & set(names)
    beside = found & load_specs().keys()
    return ours if for_training and any(specs[name].may_train for name in beside) else set()


def _wanted(
    directory: Path,
    specs: dict[str, CorpusSpec],
    present: list[CorpusSpec],
    names: Collection[str] | None,
    *,
    for_training: bool,
) -> list[CorpusSpec]:
    for name in names or ():
        if name not in specs:
            raise CorpusError(f"No corpus is called {name!r}. Known: {', '.join(sorted(specs))}.")
        if for_training and not specs[name].may_train:
            raise CorpusError(f"The corpus {name} may not train a model ({specs[name].licence}): leave it out.")
        if specs[name] not in present:
            raise CorpusError(f"{directory / specs[name].file}: no such file. Get it from {specs[name].source}.")
    wanted = [s for s in present if (names is None or s.name in names) and (s.may_train or not for_training)]
    if not wanted:
        which = "that may train" if present else "that a spec describes"
        raise CorpusError(f"{directory}: holds no corpus {which}. docs/corpora.md says what belongs there.")
    return wanted


def _draft(spec: CorpusSpec, path: Path) -> _Draft:
    """Read a corpus and settle everything that hangs on its own rows alone."""
    rows = read_rows(spec, path)
    n = len(rows.texts)
    nothing = np.zeros(n, dtype=np.int64)
    prints = fingerprints(rows.texts)
    draft = _Draft(spec, path, rows, np.arange(n), rows.labels, prints, nothing, [""] * n, nothing, Counter())
    draft.drop(np.array([not text.strip() for text in rows.texts], dtype=bool), "no text")
    draft.drop(np.array([not f for f in draft.fingerprints], dtype=bool), "nothing left after normalisation")
    if spec.labels:
        draft.drop(np.isnan(draft.labels).sum(axis=1) == draft.labels.shape[1], "no label")
    if not len(draft.use):
        found = ", ".join(f"{reason}: {count}" for reason, count in draft.drops.items()) or "no rows were read"
        raise CorpusError(
            f"{path}: no row is of use ({found}). Check the file's columns against the spec of {spec.name}."
        )
    draft.clusters = near_copies(draft.fingerprints)
    draft.groups = _groups(draft)
    draft.parts = assign_parts(draft.groups, [rows.roles[k] for k in draft.use], may_train=spec.may_train)
    draft.drop(straddlers(draft.groups, draft.parts), "shares a group with a validation or test row")
    _merge_copies(draft)
    return draft


def _groups(draft: _Draft) -> list[str]:
    spec, rows, use = draft.spec, draft.rows, draft.use.tolist()
    union = Union(len(use))
    union.join_equal(draft.clusters.tolist())
    for name in spec.grouped_by:
        union.join_equal([rows.meta[k].get(name) for k in use])
    if spec.linked_by:
        at = {rows.ids[k].removeprefix(f"{spec.name}:"): m for m, k in enumerate(use)}
        for m, k in enumerate(use):
            union.join(m, at.get(str(rows.meta[k].get(spec.linked_by)), m))
    # The text as posted, not its fingerprint: a later normaliser must not deal the parts anew.
    keys = [
        next(((0, f"{f} {rows.meta[k][f]}") for f in spec.grouped_by if f in rows.meta[k]), (1, rows.texts[k]))
        for k in use
    ]
    return group_digests(union.roots(), keys)


def _merge_copies(draft: _Draft) -> None:
    """Keep one of each set of copies, and one of near-copies with the same labels.

    Copies vote on each label that several of them have; where a vote is tied, all go. Near-copies with different labels
    (contrast pairs) stay: they are in one group. What is held out takes no part.
    """
    names = [(draft.rows.texts[k], draft.rows.ids[k]) for k in draft.use.tolist()]
    free = [m for m, part in enumerate(draft.parts.tolist()) if part != HELD_OUT]
    labels = draft.labels.copy()
    kept: list[int] = []
    copy, conflict, near = (np.zeros(len(draft.use), dtype=bool) for _ in range(3))
    for copies in _buckets(free, draft.fingerprints):
        first = min(copies, key=names.__getitem__)
        if len(copies) > 1:
            ones, zeros = (draft.labels[copies] == 1).sum(axis=0), (draft.labels[copies] == 0).sum(axis=0)
            if ((ones == zeros) & (ones > 0)).any():
                conflict[copies] = True
                continue
            labels[first] = np.where(ones > zeros, 1, np.where(zeros > 0, 0, np.nan))
            copy[[m for m in copies if m != first]] = True
        kept.append(first)
    alike = [
        (cluster, *row)
        for cluster, row in zip(draft.clusters.tolist(), np.nan_to_num(labels, nan=-1).tolist(), strict=True)
    ]
    for copies in _buckets(kept, alike):
        if len(copies) > 1:
            first = min(copies, key=names.__getitem__)
            near[[m for m in copies if m != first]] = True
    draft.labels = labels
    stay = ~(copy | conflict)
    draft.drop(conflict, "copies with conflicting labels")
    draft.drop(copy[~conflict], "copy")
    draft.drop(near[stay], "near-copy with the same labels")


def _buckets(members: list[int], keys: Sequence[Hashable]) -> Iterable[list[int]]:
    buckets: dict[Hashable, list[int]] = {}
    for m in members:
        buckets.setdefault(keys[m], []).append(m)
    return buckets.values()


def _drop_copies_across(drafts: list[_Draft]) -> None:
    """Drop each train and calibration row that is a near-copy of a row in a higher part, of whatever corpus."""
    clusters = near_copies([f for draft in drafts for f in draft.fingerprints])
    parts = np.concatenate([draft.parts for draft in drafts])
    highest = np.zeros(len(parts), dtype=np.int64)
    np.maximum.at(highest, clusters, parts)
    ends = np.cumsum([len(draft.use) for draft in drafts])
    for draft, above in zip(drafts, np.split(highest[clusters], ends[:-1]), strict=True):
        for part in (HELD_OUT, VALIDATION, CALIBRATION):
            lower = (draft.parts < min(part, VALIDATION)) & (above == part)
            draft.drop(lower, f"near-copy of a {PARTS[part]} row of another corpus")
            above = above[~lower]


def _finished(draft: _Draft) -> Corpus:
    rows, use = draft.rows, draft.use.tolist()
    with draft.path.open("rb") as stream:
        sha256 = file_digest(stream, "sha256").hexdigest()
    return Corpus(
        spec=draft.spec,
        ids=[rows.ids[k] for k in use],
        texts=[rows.texts[k] for k in use],
        labels=draft.labels,
        groups=draft.groups,
        split=[PARTS[part] for part in draft.parts.tolist()],
        targets=[rows.targets[k] for k in use],
        meta=[rows.meta[k] for k in use],
        fingerprints=draft.fingerprints,
        drops=draft.drops,
        rows_in=len(rows.texts),
        sha256=sha256,
    )
