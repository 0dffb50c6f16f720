"""A pretrained BERT of the smallest kind, with drawn weights: what an encoder is trained from in the tests."""

import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytest.importorskip("onnx")

from safetensors.torch import save_file  # noqa: E402

from moderation.shipped import shipped  # noqa: E402
from moderation.text import normalise  # noqa: E402

SAMPLE = shipped("data/samples/corpus")


def sample_texts() -> list[str]:
    return [json.loads(line)["text"] for line in (SAMPLE / "sample.jsonl").read_bytes().splitlines()]


@pytest.fixture(scope="session")
def pretrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pretrained")
    words = sorted({word for text in sample_texts() for word in normalise(text).text.split() if word.isalpha()})
    letters = sorted({c for word in words for c in word} | {"'", ".", ",", "!", "?"})
    pieces = ["[PAD]", "[unused0]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "link", "user", "red", "circle"]
    pieces = list(dict.fromkeys([*pieces, *letters, *("##" + c for c in letters), *words]))
    (folder / "vocab.txt").write_text("".join(piece + "\n" for piece in pieces), encoding="utf-8")
    config = transformers.BertConfig(
        vocab_size=len(pieces),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=48,
        max_position_embeddings=300,
        layer_norm_eps=1e-12,
    )
    torch.manual_seed(5)
    model = transformers.BertModel(config)
    (folder / "config.json").write_text(json.dumps(config.to_dict()))
    save_file(model.state_dict(), folder / "model.safetensors")
    return folder
