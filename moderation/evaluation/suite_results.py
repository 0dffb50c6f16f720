"""What a system reaches on a functional suite: pure arithmetic on cases and flags, and a table to read it by."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from moderation.errors import CorpusError
from moderation.evaluation.bootstrap import wilson
from moderation.evaluation.cases import gold_name
from moderation.evaluation.markdown import cell
from moderation.evaluation.suites import Published, Suite, SuiteCase


@dataclass(frozen=True, slots=True)
class Accuracy:
    """A share of right answers. `n` counts cases (or pairs), `units` those of them that are independent."""

    name: str
    correct: int
    n: int
    units: int

    @property
    def value(self) -> float:
        """The share, from 0 to 1."""
        return self.correct / self.n

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % Wilson score interval (Wilson 1927) at `units` observations.

        Cases of one template differ in a word or two and tend to stand or fall together. Counting each template as one
        observation is the cautious end: the interval is too wide rather than too narrow.
        """
        return wilson(self.value, self.units)


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """Accuracies on a suite. A part that the suite does not have (non-hateful cases, pairs, JDA labels) is None.

    `functionalities` and `targets` come worst first. `pairs` counts contrast pairs with every case right. `jda` is the
    accuracy when the Jerusalem Declaration's labels are gold, `disputed` the share of the cases on which the two
    definitions differ that the system decides as the JDA does. `gold` says for each functionality which gold labels its
    cases have.
    """

    suite: str
    label: str
    overall: Accuracy
    hateful: Accuracy | None
    non_hateful: Accuracy | None
    functionalities: tuple[Accuracy, ...]
    targets: tuple[Accuracy, ...]
    pairs: Accuracy | None
    jda: Accuracy | None
    disputed: Accuracy | None
    published: tuple[Published, ...] = ()
    gold: Mapping[str, str] = field(default_factory=dict)


def score_suite(suite: Suite, flags: Sequence[bool]) -> SuiteResult:
    """Compare a system's decisions, one a case and in the suite's order, with gold.

    Raises:
        CorpusError: there are not as many flags as cases.
    """
    if len(flags) != len(suite.cases):
        raise CorpusError(
            f"{suite.spec.name} has {len(suite.cases)} cases, not {len(flags)}. Give one decision for every case."
        )
    right = [(case, bool(flag) == case.hateful) for case, flag in zip(suite.cases, flags, strict=True)]
    by_jda = [
        (case, bool(flag) == (case.hateful if case.hateful_jda is None else case.hateful_jda))
        for case, flag in zip(suite.cases, flags, strict=True)
    ]
    disputed = [(case, answer) for case, answer in by_jda if case.hateful_jda is not None]
    return SuiteResult(
        suite=suite.spec.title or suite.spec.name,
        label=suite.spec.label,
        overall=_accuracy("overall", right),
        hateful=_some("hateful", [(case, answer) for case, answer in right if case.hateful]),
        non_hateful=_some("non-hateful", [(case, answer) for case, answer in right if not case.hateful]),
        functionalities=_worst_first(right, lambda case: case.functionality),
        targets=_worst_first([(case, answer) for case, answer in right if case.target], lambda case: case.target),
        pairs=_pairs(right),
        jda=_accuracy("JDA labels", by_jda) if disputed else None,
        disputed=_some("decided as the JDA does", disputed),
        published=suite.spec.published,
        gold=_sides(suite.cases),
    )


def render_markdown(result: SuiteResult) -> str:
    """Render a result as Markdown tables, in percent."""
    return "\n".join([f"## {cell(result.suite)}", "", *suite_lines(result)]) + "\n"


def suite_lines(result: SuiteResult) -> list[str]:
    """Return the lines of a result's Markdown tables, without a heading."""
    wholes = (result.overall, result.hateful, result.non_hateful, result.pairs, result.jda, result.disputed)
    lines = [f"A case counts as flagged where `{result.label}` is.", ""]
    lines += ["| | accuracy % | 95 % interval | cases |", "|---|---:|---:|---:|"]
    lines += [_line(part) for part in wholes if part is not None]
    if result.published:
        lines += [
            "",
            "Published for other systems (accuracy %):",
            "",
            "| system | overall | hateful | non-hateful | source |",
        ]
        lines += ["|---|---:|---:|---:|---|"]
        lines += [
            f"| {cell(p.system)} | {p.overall:.1f} | {p.hateful:.1f} | {p.non_hateful:.1f} | {cell(p.source)} |"
            for p in result.published
        ]
    lines += [
        "",
        "| functionality, worst first | gold | accuracy % | 95 % interval | cases |",
        "|---|---|---:|---:|---:|",
    ]
    for part in result.functionalities:
        lines.append(
            f"| {cell(part.name)} | {result.gold[part.name]} {_line(part).partition(' | ')[2].join(('| ', ''))}"
        )
    if result.targets:
        lines += ["", "| target, worst first | accuracy % | 95 % interval | cases |", "|---|---:|---:|---:|"]
        lines += [_line(part) for part in result.targets]
    return lines


def _sides(cases: Iterable[SuiteCase]) -> dict[str, str]:
    """Return which gold labels the cases of each functionality have."""
    found: dict[str, set[bool]] = {}
    for case in cases:
        found.setdefault(case.functionality, set()).add(case.hateful)
    return {name: " + ".join(gold_name(side) for side in sorted(sides, reverse=True)) for name, sides in found.items()}


def _accuracy(name: str, right: Sequence[tuple[SuiteCase, bool]]) -> Accuracy:
    templates: set[Hashable] = {case.template_id or ("", case.case_id) for case, _ in right}
    return Accuracy(name, sum(answer for _, answer in right), len(right), len(templates))


def _some(name: str, right: Sequence[tuple[SuiteCase, bool]]) -> Accuracy | None:
    return _accuracy(name, right) if right else None


def _worst_first(right: Iterable[tuple[SuiteCase, bool]], key: Callable[[SuiteCase], str]) -> tuple[Accuracy, ...]:
    groups: dict[str, list[tuple[SuiteCase, bool]]] = {}
    for case, answer in right:
        groups.setdefault(key(case), []).append((case, answer))
    found = (_accuracy(name, group) for name, group in groups.items())
    return tuple(sorted(found, key=lambda part: (part.value, part.name)))


def _pairs(right: Iterable[tuple[SuiteCase, bool]]) -> Accuracy | None:
    groups: dict[str, list[tuple[SuiteCase, bool]]] = {}
    for case, answer in right:
        if case.pair_id:
            groups.setdefault(case.pair_id, []).append((case, answer))
    both_sides = [group for group in groups.values() if len({case.hateful for case, _ in group}) == 2]
    if not both_sides:
        return None
    units: set[Hashable] = {group[0][0].template_id or ("", group[0][0].pair_id) for group in both_sides}
    correct = sum(all(answer for _, answer in group) for group in both_sides)
    return Accuracy("contrast pairs, both sides", correct, len(both_sides), len(units))


def _line(part: Accuracy) -> str:
    low, high = part.interval
    return f"| {cell(part.name)} | {100 * part.value:.1f} | {100 * low:.1f} to {100 * high:.1f} | {part.n} |"
