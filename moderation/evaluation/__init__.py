"""Measures classifiers on labelled corpora and functional suites."""
