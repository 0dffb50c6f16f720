"""Training: from labelled corpora to a bundle."""

from moderation.training.calibrate import PRECISION, Aim
from moderation.training.train import TrainOptions, train

__all__ = ["PRECISION", "Aim", "TrainOptions", "train"]
