"""What a command says of records that cannot be read, and when there are too many of them."""

import contextlib
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator

from moderation.cli.console import counts, say
from moderation.cli.output import is_stream
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


@contextlib.contextmanager
def rejects_aside(output: str) -> Iterator[Callable[[Reject], None]]:
    """Give a function that names the first few rejects that it is given, and keep all of them in the side file of an
    output that is a file. Raises OutputError.
    """
    from moderation.batch.layout import Layout
    from moderation.batch.run import reject_line

    show = first_shown()
    if is_stream(output):
        yield show
        return
    with tempfile.TemporaryFile() as held:

        def on_reject(reject: Reject) -> None:
            show(reject)
            held.write(reject_line(reject))

        yield on_reject
        folder, name = Layout.of(output).rejects
        if held.tell() == 0:
            folder.remove(name)
            return
        held.seek(0)
        with folder.written(name) as file:
            shutil.copyfileobj(held, file)


def check_rejects(rejects: Counter[str], most: int, what: str) -> None:
    """Raise RejectedRows where more than `most` of `what` ("rows") were rejected."""
    if rejects.total() > most:
        raise RejectedRows(
            f"{rejects.total()} {what} were rejected ({counts(rejects)}), and --max-rejects allows {most}; all others "
            "are written."
        )
