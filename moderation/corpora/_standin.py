"""Stand-in for moderation.text."""

import re
from dataclasses import dataclass


@dataclass
class Normalised:
    text: str


def normalise(text: str) -> Normalised:
    """Stand-in."""
    return Normalised(re.sub(r"@\w+", "<user>", re.sub(r"https?://\S+", "<url>", text)).lower())
