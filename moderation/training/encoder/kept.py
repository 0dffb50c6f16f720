"""What a long training keeps of the parts that are done, so that a killed run does not do them again."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from moderation.atomic import written_aside
from moderation.errors import ModerationError

Arrays = Mapping[str, NDArray[Any]]


def kept(file: Path, name: str, make: Callable[[], Arrays]) -> Arrays:
    """Return the arrays that `make` gives, which are written to `file`, or those that lie there from a run of that
    `name` (fitting.run_name).

    Raises ModerationError where the file is of another run, or none.
    """
    if not file.exists():
        arrays = make()
        with written_aside(file) as out:
            out.write(save(dict(arrays), metadata={"run": name}))
        return arrays
    try:
        with safe_open(file, "numpy") as opened:
            found = opened.metadata() or {}
            arrays = {key: opened.get_tensor(key) for key in opened.keys()}  # noqa: SIM118 - it is no dict
    except (SafetensorError, OSError):
        raise ModerationError(f"{file}: cannot be read. Remove it to make it again.") from None
    if found.get("run") != name:
        raise ModerationError(
            f"{file}: of a run with other options or other corpora. Remove it, or give another --work."
        )
    return arrays
