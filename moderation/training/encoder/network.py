"""The encoder as a torch module: BERT's layers, mean pooling, one head with a logit for each label.

logits = W tanh(P LayerNorm(mean of the last layer over the tokens) + p) + b. The LayerNorm has no weights of its own,
so that the whole can be written as a BertForSequenceClassification with one more layer (export to Detoxify needs that).
"""

import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel

PAD = 0


class Encoder(nn.Module):
    """Tokens to logits. `offsets` (corpora, labels) is added in training only: corpora disagree on how much is hateful,
    and that should not have to be guessed from the wording.
    """

    def __init__(self, config: BertConfig, labels: int, corpora: int = 1, mask: int = 0) -> None:
        super().__init__()
        self.mask = mask  # the number of [MASK]
        self.bert = BertModel(config, add_pooling_layer=False)
        self.pooler = nn.Linear(config.hidden_size, config.hidden_size)
        self.classifier = nn.Linear(config.hidden_size, labels)
        self.offsets = nn.Parameter(torch.zeros(corpora, labels))
        nn.init.eye_(self.pooler.weight)
        nn.init.zeros_(self.pooler.bias)
        nn.init.normal_(self.classifier.weight, std=0.02)
        nn.init.zeros_(self.classifier.bias)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return logits, float (n, labels), of `tokens`, int64 (n, length), padded with PAD on the right."""
        mask = tokens != PAD
        unpadded = tokens.device.type == "cpu" and bool(mask.all())  # on a GPU, looking would stall it
        hidden = self.bert(input_ids=tokens, attention_mask=None if unpadded else mask.long()).last_hidden_state
        weight = mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * weight).sum(dim=1) / weight.sum(dim=1)
        normed = nn.functional.layer_norm(mean, mean.shape[-1:], eps=self.bert.config.layer_norm_eps)
        logits: Tensor = self.classifier(torch.tanh(self.pooler(normed)))
        return logits


def weighted_loss(logits: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
    """Return the mean binary cross-entropy of logits against labels from 0 to 1, each counted by its weight; all (n,
    labels).
    """
    loss = nn.functional.binary_cross_entropy_with_logits(logits, labels, reduction="none")
    return (loss * weights).sum() / weights.sum().clamp(min=1)
