"""What a command says of records that cannot be read, and when there are too many of them."""

from collections import Counter
from collections.abc import Callable

from moderation.cli.console import counts, say
from moderation.errors import RejectedRows
from moderation.formats.rows import Reject

_SHOWN = 5


def first_shown() -> Callable[[Reject], None]:
    """Return a function that names the first few rejects that it is given."""
    shown = 0

    def on_reject(reject: Reject) -> None:
        nonlocal shown
        if shown < _SHOWN:
            shown += 1
            say(f"rejected {reject.position}: {reject.reason}")

    return on_reject


def check_rejects(rejects: Counter[str], most: int, what: str) -> None:
    """Raise RejectedRows where more than `most` of `what` ("rows") were rejected."""
    if rejects.total() > most:
        raise RejectedRows(
            f"{rejects.total()} {what} were rejected ({counts(rejects)}), and --max-rejects allows {most}; all others "
            "are written."
        )
