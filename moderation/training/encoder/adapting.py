"""The course that makes a pretrained encoder at home in comments: guess the words that are hidden (Devlin et al. 2019;
Gururangan et al. 2020, "Don't Stop Pretraining"). It needs no labels.
"""

import json
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from moderation.training.encoder.fitting import Course, FitOptions, digest, padded
from moderation.training.encoder.network import PAD, Encoder
from moderation.training.encoder.plan import batches

_ASKED, _HIDDEN, _SWAPPED = 0.2, 0.16, 0.02
"""Shares of all tokens: those to be guessed; of these, those that are hidden, and those that another stands for."""


class Guesser(nn.Module):
    """The layers of an encoder, which what they learn changes, and a head that guesses tokens by their vectors."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__()
        self.bert = encoder.bert
        self.mask = encoder.mask
        size, width = encoder.bert.embeddings.word_embeddings.weight.shape
        first = nn.Linear(width, width)
        nn.init.eye_(first.weight)
        self.moved = nn.Sequential(first, nn.GELU(), nn.LayerNorm(width))
        self.bias = nn.Parameter(torch.zeros(size))

    def forward(self, tokens: Tensor, shown: Tensor, asked: tuple[Tensor, ...]) -> Tensor:
        """Return logits (asked, vocabulary) of the places `asked` (rows, columns) where `tokens` (n, length) are read
        as `shown`.
        """
        hidden = self.bert(input_ids=shown, attention_mask=(tokens != PAD).long()).last_hidden_state[asked]
        logits: Tensor = self.moved(hidden) @ self.bert.embeddings.word_embeddings.weight.T + self.bias
        return logits


def guessing_course(tokens: Sequence[NDArray[np.int32]], epochs: float, options: FitOptions) -> Course:
    """Return the course in which words of all rows are guessed, `epochs` times over."""
    generator = np.random.Generator(np.random.PCG64(options.seed))
    whole = [generator.permutation(len(tokens)) for _ in range(int(np.ceil(epochs)))]
    order = np.concatenate([np.empty(0, np.int64), *whole])[: round(epochs * len(tokens))]
    plan = batches(order, np.array([len(row) for row in tokens], np.int64), options.batch_tokens, generator)

    def loss(model: Guesser, batch: NDArray[np.int64], step: int) -> Tensor:
        device = model.bias.device
        own = padded([tokens[k] for k in batch])
        draw = np.random.Generator(np.random.PCG64([options.seed, step]))
        lot = torch.from_numpy(draw.random(own.shape, np.float32))
        real = own != PAD
        real[:, 0] = False
        asked = (lot < _ASKED) & real
        shown = own.masked_fill((lot < _HIDDEN) & real, model.mask)
        other = torch.from_numpy(draw.integers(0, len(model.bias), own.shape))
        shown = torch.where((lot >= _HIDDEN) & (lot < _HIDDEN + _SWAPPED) & real, other, shown)
        where = asked.nonzero(as_tuple=True)  # found here, since on a GPU it would have to be waited for
        with torch.autocast(device.type, torch.bfloat16, enabled=options.bfloat16):
            logits = model(own.to(device), shown.to(device), tuple(k.to(device) for k in where))
        lost = nn.functional.cross_entropy(logits.float(), own[where].to(device), reduction="sum")
        return lost / max(1, len(where[0]))

    return Course(plan, loss, json.dumps({"guessed": epochs, "rows": digest(tokens)}))
