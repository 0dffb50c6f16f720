"""Batch work: whole dumps, as streams."""
