"""Training: from labelled corpora to a bundle."""

from moderation.training.train import PRECISION, TrainOptions, train

__all__ = ["PRECISION", "TrainOptions", "train"]
