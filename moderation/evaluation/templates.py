"""Test cases from templates: a sentence with slots, `Pass {the salt|the bread|the butter}, please.`

The n-th case takes the n-th fill of every slot; a shorter slot starts over. A template has thus as many cases as its longest slot
has fills, and not their product: a suite wants many templates with few fills each. Method: the templates of HateCheck
(Röttger et al., ACL 2021), after CheckList (Ribeiro et al., ACL 2020).
"""

import re
from dataclasses import dataclass

from moderation.errors import CorpusError

_SLOT = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class Template:
    """A sentence with slots. `parts` are its pieces in order, each the tuple of its fills; literal text has one fill."""

    id: str
    functionality: str
    parts: tuple[tuple[str, ...], ...]

    def expand(self) -> tuple[str, ...]:
        """Return the cases, one for each fill of the longest slot, always in the same order."""
        size = max(len(part) for part in self.parts)
        return tuple("".join(part[n % len(part)] for part in self.parts) for n in range(size))


def parse_template(template_id: str, functionality: str, source: str) -> Template:
    """Parse `source`, in which `{a|b|c}` is a slot with three fills.

    Raises:
        CorpusError: the text is empty, a brace stands alone, or a slot has fewer than two fills, an empty or a repeated one.
    """
    parts: list[tuple[str, ...]] = []
    # Splitting on a pattern with one group alternates literal text and the insides of slots.
    for number, piece in enumerate(_SLOT.split(source)):
        if number % 2:
            fills = tuple(piece.split("|"))
            if len(fills) < 2 or len(set(fills)) < len(fills) or not all(fill.strip() for fill in fills):
                raise CorpusError(
                    f"Template {template_id}: a slot needs two or more different, non-empty fills, as in {{a|b}}. Correct that slot."
                )
            parts.append(fills)
        elif "{" in piece or "}" in piece or "|" in piece:
            raise CorpusError(f"Template {template_id}: a brace or a bar stands outside a slot. Close the slot, or take it out.")
        elif piece:
            parts.append((piece,))
    if not source.strip():
        raise CorpusError(f"Template {template_id} is empty. Write its text, or take it out.")
    return Template(template_id, functionality, tuple(parts))
