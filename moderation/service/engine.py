"""What judges at the moment: a bundle and a policy that were checked together, exchanged as a whole."""

from dataclasses import dataclass
from pathlib import Path

from moderation.bundle import Manifest, load_bundle
from moderation.classifiers import load_classifier
from moderation.golden import replay
from moderation.policy import Policy, Thresholds, read_policy
from moderation.scorer import Scorer


@dataclass(frozen=True, slots=True, eq=False)
class Engine:
    """A scorer, and the manifest of the bundle that it was made from."""

    scorer: Scorer
    manifest: Manifest

    def headers(self, policy: str | None = None) -> dict[str, str]:
        """Name what judges, and the policy (None: its own), for the head of every answer, whatever its protocol."""
        names = {
            "X-Moderation-Model": f"{self.manifest.name}/{self.manifest.version}",
            "X-Moderation-Model-SHA256": self.manifest.sha256,
            "X-Moderation-Policy": policy or self.scorer.policy.identity,
        }
        return {name: "".join(c if " " <= c <= "~" else "?" for c in value) for name, value in names.items()}


def load_engine(model: str, policy: Path | None, threads: int = 0) -> Engine:
    """Load a bundle and a policy (None: the bundle's own thresholds), check the hashes, replay the golden texts.

    Raises BundleError, GoldenMismatch among them, and PolicyError: then nothing may be judged with it.
    """
    bundle = load_bundle(model)
    classifier = load_classifier(bundle, threads)
    replay(bundle, classifier)
    if policy is None:
        chosen = Policy({label: Thresholds(at) for label, at in bundle.manifest.thresholds.items()}, name="suggested")
    else:
        chosen = read_policy(policy)
    chosen.check_labels(classifier.info.labels, bundle.identity)
    scorer = Scorer(classifier, chosen, bundle.identity)
    scorer.score(["A first comment compiles, or loads, what the next ones need."])
    return Engine(scorer, bundle.manifest)
