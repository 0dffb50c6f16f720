"""Finds hate speech and antisemitism in reader comments: offline, on a CPU, versioned, explained."""

__version__ = "0.1.0"
