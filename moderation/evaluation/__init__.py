"""Evaluation: what a bundle, or any other system, is worth, and where it fails."""
