"""Labelled corpora: their specs, and loading them without copies, in parts that do not leak into each other."""

from moderation.corpora.loading import Corpus, corpora_directory, load_corpora
from moderation.corpora.spec import CorpusSpec, carriers, load_specs, read_spec

__all__ = ["Corpus", "CorpusSpec", "carriers", "corpora_directory", "load_corpora", "load_specs", "read_spec"]
