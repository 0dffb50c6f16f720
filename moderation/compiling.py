"""Compiling the inner loops, and keeping the machine code between runs without ever running stale code."""

import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from numba import njit

_PACKAGE = Path(__file__).resolve().parent
_SOURCES = ("compiling.py", "text/*.py", "classifiers/*_kernel.py", "extraction/*_kernel.py")

Function = TypeVar("Function", bound=Callable[..., Any])


@cache
def _stamp() -> str:
    """Return a hash of the sources of all compiled functions."""
    digest = hashlib.sha256()
    for pattern in _SOURCES:
        for path in sorted(_PACKAGE.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def compiled(function: Function) -> Function:
    """Compile a function with numba, without the GIL; machine code is kept on disk between runs.

    numba takes kept code for good while the file of the function itself is unchanged. Ours call each other over files,
    and would go on with old code of another: a wrong score, or a write out of bounds. So kept code is bound to all of
    the sources.
    """
    dispatcher: Any = njit(nogil=True, cache=True)(function)
    try:
        dispatcher._cache._cache_file._source_stamp = _stamp()
    except AttributeError:  # another numba, arranged otherwise: compiling anew each time is slow and safe
        dispatcher = njit(nogil=True)(function)
    compiled_function: Function = dispatcher
    return compiled_function
