"""Training the encoder (extra "train-encoder"): `train.py` is the straight pass through the other modules."""
