"""What a functional suite is made of: cases, templates, the spec that describes it, and its two gold labels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from moderation.errors import CorpusError
from moderation.fetching import Download

HATEFUL: Final = "hateful"
NON_HATEFUL: Final = "non-hateful"
COLUMNS: Final = (
    "case_id",
    "functionality",
    "test_case",
    "label_gold",
    "target_ident",
    "templ_id",
    "pair_id",
    "ihra",
    "label_jda",
)


@dataclass(frozen=True, slots=True)
class SuiteCase:
    """One case.

    `hateful` is its gold label, `hateful_jda` the Jerusalem Declaration's where it differs, else None. Cases
    that share a `pair_id` are a contrast: alike in form, with opposite gold labels. `ihra` is the number of the IHRA
    working definition's example (1-11), "definition" for its core sentence, or "" where none applies.
    """

    case_id: str
    functionality: str
    text: str = field(repr=False)  # a failing test or a log must not print it
    hateful: bool
    target: str = ""
    template_id: str = ""
    pair_id: str = ""
    ihra: str = ""
    hateful_jda: bool | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """A sentence with slots. `parts` are its pieces in order, each a tuple of fills; literal text has one fill."""

    id: str
    functionality: str
    parts: tuple[tuple[str, ...], ...] = field(repr=False)

    def expand(self) -> tuple[str, ...]:
        """Return the cases, one for each fill of the longest slot, always in the same order."""
        size = max(len(part) for part in self.parts)
        return tuple("".join(part[n % len(part)] for part in self.parts) for n in range(size))


@dataclass(frozen=True, slots=True)
class Published:
    """What another system is reported to reach on a suite: accuracies in percent, and where the figures stand."""

    system: str
    overall: float
    hateful: float
    non_hateful: float
    source: str


@dataclass(frozen=True, slots=True)
class SuiteSpec:
    """What `data/suites/<name>.toml` says. `label` is which of our labels is compared with gold.

    `columns` gives the file's name for each of COLUMNS that it calls otherwise, `gold` what each of its gold values
    means. `files` says where its cases are fetched from, by part (a language); a suite of one part calls it ''.
    """

    name: str
    title: str = ""
    source: str = ""
    licence: str = ""
    citation: str = ""
    label: str = "hate"
    templates: Path | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    gold: Mapping[str, str] = field(default_factory=dict)
    published: tuple[Published, ...] = ()
    files: Mapping[str, Download] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Suite:
    """A suite's spec and its cases; `templates` is empty where the cases came from a file."""

    spec: SuiteSpec
    cases: tuple[SuiteCase, ...] = field(repr=False)
    templates: tuple[Template, ...] = field(default=(), repr=False)


def gold_name(hateful: bool) -> str:
    """Return the gold label as HateCheck writes it."""
    return HATEFUL if hateful else NON_HATEFUL


def is_hateful(value: str | None, where: str, gold: Mapping[str, str]) -> bool:
    """Read a gold label; `gold` says what a file's own values mean.

    Raises:
        CorpusError: it is neither of the two labels.
    """
    meaning = gold.get(value, value) if value is not None else None
    if meaning not in {HATEFUL, NON_HATEFUL}:
        # The value itself may be anything, a whole comment in a shifted row included: it is not repeated.
        raise CorpusError(
            f"{where}: the gold label is neither {HATEFUL!r} nor {NON_HATEFUL!r}. Correct it, or map it under [gold]."
        )
    return meaning == HATEFUL


def checked(cases: Sequence[SuiteCase], where: str) -> tuple[SuiteCase, ...]:
    """Return the cases as a tuple.

    Raises:
        CorpusError: there is none, or two have one id.
    """
    if not cases:
        raise CorpusError(f"{where} holds no case. Is it the right file, and complete?")
    seen: set[str] = set()
    for number, case in enumerate(cases, 1):
        if case.case_id in seen:
            # Not repeated: in a shifted row the id may be anybody's comment.
            raise CorpusError(f"{where}: case {number:,} has an id that an earlier one has. Make the ids unique.")
        seen.add(case.case_id)
    return tuple(cases)
