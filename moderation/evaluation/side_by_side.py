"""Contenders on the same rows and suites: each one's evaluation, and how far the others are from the first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from moderation.corpora import Corpus
from moderation.evaluation.cases import Suite
from moderation.evaluation.comparison import Comparison, compare
from moderation.evaluation.contamination import without_seen
from moderation.evaluation.contenders import Contender, Scored, checked_names
from moderation.evaluation.evaluate import Evaluation, Options, evaluate_scored
from moderation.evaluation.scoring import score_corpora
from moderation.evaluation.worst import WorstError, worst_errors


@dataclass(frozen=True, slots=True)
class SideBySide:
    """What was measured of the first contender and of the `others`, each of which is compared with the first.

    `errors` are the first one's worst, if they were asked for.
    """

    first: Evaluation
    others: tuple[Evaluation, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    errors: tuple[WorstError, ...] = ()

    @property
    def all(self) -> tuple[Evaluation, ...]:
        """The first and the others."""
        return (self.first, *self.others)


def measure_side_by_side(
    contenders: Sequence[Contender],
    corpora: Sequence[Corpus],
    suites: Sequence[Suite],
    options: Options,
    *,
    with_errors: bool = False,
    step: Callable[[str], None] | None = None,
) -> SideBySide:
    """Measure contenders, the first of which the others are compared with, on what trained none of them.

    Raises EvaluationError for two of one name, where nothing is left or can be compared, and what `evaluate` does.
    """
    checked_names(contenders)
    say = step or (lambda _: None)
    say("looking for what trained them")
    clean, left, contamination = without_seen(corpora, suites, {each.name: each.record for each in contenders})
    evaluations: list[Evaluation] = []
    comparisons: list[Comparison] = []
    errors: tuple[WorstError, ...] = ()
    first: Scored | None = None
    for each in contenders:
        say(f"measuring {each.name}")
        scored = Scored(each, score_corpora(each.classifier, clean))
        how = replace(options, robustness=options.robustness and each.attacked)
        evaluation = evaluate_scored(each.classifier, scored.corpora, each.thresholds, how, left)
        evaluations.append(replace(evaluation, name=each.name, notes=each.notes, contamination=contamination))
        if first is None:
            first = scored
            errors = worst_errors(each.classifier, scored.corpora, each.thresholds) if with_errors else ()
        else:
            comparisons.append(compare(first, scored, options))
    return SideBySide(evaluations[0], tuple(evaluations[1:]), tuple(comparisons), errors)
