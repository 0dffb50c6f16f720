"""`python train.py` is `moderation train`: all of the training lives in the package."""

import sys

from moderation.cli import main

if __name__ == "__main__":
    sys.argv.insert(1, "train")
    main()
