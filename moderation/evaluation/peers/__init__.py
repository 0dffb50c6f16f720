"""Other systems as contenders, so that their figures stand beside a bundle's, measured alike."""

from collections.abc import Callable
from pathlib import Path

from moderation.errors import EvaluationError
from moderation.evaluation.contenders import Contender


def _profanity_check(given: str, corpora: Path) -> Contender:
    from moderation.evaluation.peers.profanity_check import make

    del given, corpora
    return make()


def _tfidf(given: str, corpora: Path) -> Contender:
    from moderation.evaluation.peers.tfidf import make

    del given
    return make(corpora)


def _detoxify(given: str, corpora: Path) -> Contender:
    from moderation.evaluation.peers.detoxify import make

    del corpora
    return make(given)


def _perspective(given: str, corpora: Path) -> Contender:
    from moderation.evaluation.peers.perspective import make

    del corpora
    return make(given)


_PEERS: dict[str, tuple[str, Callable[[str, Path], Contender]]] = {
    "alt-profanity-check": ("", _profanity_check),
    "tfidf": ("", _tfidf),
    "detoxify": ("original|unbiased|multilingual|PATH", _detoxify),
    "perspective": ("URL", _perspective),
}
"""A peer's name: what stands after its colon, and what makes it of that and of the directory of corpora."""


def make_peer(peer: str, corpora: Path) -> Contender:
    """Return the peer that `peer` names: one of "alt-profanity-check", "tfidf", "detoxify:..." and "perspective:...".

    Raises EvaluationError for another name, or where what belongs after the colon is missing; MissingExtra where the
    peer's packages are not installed; and what making it raises.
    """
    name, _, argument = peer.partition(":")
    if name not in _PEERS or bool(_PEERS[name][0]) != bool(argument):
        known = ", ".join(f"{name}:{after}" if after else name for name, (after, _) in _PEERS.items())
        raise EvaluationError(f"There is no peer {peer!r}. Known: {known}.")
    return _PEERS[name][1](argument, corpora)
