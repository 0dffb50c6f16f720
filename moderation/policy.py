"""Policies: from probabilities to actions. Thresholds live here and not in the model, so a site can move them alone."""

import hashlib
import json
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moderation.errors import PolicyError
from moderation.types import ACTIONS, Action

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Thresholds:
    """From which probability on a comment is reviewed, and from which it is hidden (None: never)."""

    review: float
    hide: float | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """A threshold pair for each label that the site wants judged; labels it does not name are scored and not acted
    on.

    A flagged comment goes to review; only a `hide` threshold that somebody set on purpose hides one, and nothing
    deletes. `identity` names the policy and its contents, and stands in every verdict.

    Raises PolicyError for thresholds outside 0 to 1, or a hide threshold below the review threshold.
    """

    thresholds: Mapping[str, Thresholds]
    name: str = "custom"
    identity: str = field(init=False)

    def __post_init__(self) -> None:
        if not self.thresholds:
            raise PolicyError("A policy needs thresholds for at least one label.")
        for label, pair in self.thresholds.items():
            for which, value in (("review", pair.review), ("hide", pair.hide)):
                if value is not None and not 0.0 <= value <= 1.0:
                    raise PolicyError(f"Policy: the {which} threshold of {label} is {value}; give one from 0 to 1.")
            if pair.hide is not None and pair.hide < pair.review:
                raise PolicyError(
                    f"Policy: {label} would be hidden from {pair.hide} on but reviewed only from {pair.review} on; "
                    "raise the hide threshold."
                )
        numbers = {
            label: [float(t.review), None if t.hide is None else float(t.hide)]
            for label, t in sorted(self.thresholds.items())
        }
        contents = json.dumps(numbers)
        digest = hashlib.sha256(contents.encode()).hexdigest()[:8]
        object.__setattr__(self, "thresholds", dict(self.thresholds))  # what the caller does to his changes no policy
        object.__setattr__(self, "identity", f"{self.name}+{digest}")

    def decide(self, scores: Mapping[str, float]) -> tuple[Action, tuple[str, ...]]:
        """Return the action for a comment's scores, and the labels at or over their review threshold."""
        flags = []
        action: Action = "allow"
        for label, pair in self.thresholds.items():
            score = scores.get(label)
            if score is None or score < pair.review:
                continue
            flags.append(label)
            if pair.hide is not None and score >= pair.hide:
                action = "hide"
            elif action == "allow":
                action = "review"
        return action, tuple(flags)

    def check_labels(self, known: Collection[str], model: str) -> None:
        """Raise PolicyError where the policy names a label that `model`, which knows those of `known`, does not."""
        unknown = sorted(set(self.thresholds) - set(known))
        if unknown:
            raise PolicyError(
                f"Policy {self.name}: no label {', '.join(unknown)} in {model}; it has {', '.join(known)}."
            )

    def judged(self, labels: Sequence[str]) -> tuple[str, ...]:
        """Return those of `labels` that have thresholds here, in the policy's order."""
        return tuple(label for label in self.thresholds if label in labels)

    def decide_all(self, labels: Sequence[str], probabilities: "NDArray[Any]") -> "tuple[NDArray[Any], NDArray[Any]]":
        """Do what `decide` does for n comments at once.

        probabilities: (n, len(labels)). Returns flags, bool (n, k) for the k labels that `judged` returns, and actions,
        int8 (n,): places in ACTIONS.
        """
        import numpy as np

        names = self.judged(labels)
        scores = probabilities[:, [labels.index(name) for name in names]].astype(np.float64)
        pairs = [self.thresholds[name] for name in names]
        flags = scores >= np.array([pair.review for pair in pairs])
        hidden = scores >= np.array([np.inf if pair.hide is None else pair.hide for pair in pairs])
        actions = np.where(flags.any(axis=1), ACTIONS.index("review"), ACTIONS.index("allow")).astype(np.int8)
        actions[hidden.any(axis=1)] = ACTIONS.index("hide")
        return flags, actions


def read_policy(path: Path) -> Policy:
    """Read a policy from TOML: a table per label with `review` and, if wanted, `hide`; at the top, if wanted, `name`.

    Raises PolicyError for a file that cannot be read or holds something else.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise PolicyError(
            f"{path}: not a policy file ({error}). It needs a table such as [hate] review = 0.8."
        ) from None
    name = table.pop("name", path.stem)
    thresholds = {}
    for label, entry in table.items():
        numbers = isinstance(entry, dict) and all(
            isinstance(v, int | float) and not isinstance(v, bool) for v in entry.values()
        )
        if not numbers or "review" not in entry or entry.keys() - {"review", "hide"}:
            raise PolicyError(
                f"{path}: [{label}] must hold review = NUMBER and, if wanted, hide = NUMBER, nothing else."
            )
        thresholds[label] = Thresholds(entry["review"], entry.get("hide"))
    return Policy(thresholds, str(name))
