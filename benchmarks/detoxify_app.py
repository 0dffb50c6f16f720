"""The peer of benchmarks/service.py: as small a FastAPI application around Detoxify as one would write.

    python benchmarks/detoxify_app.py PORT FOLDER

FOLDER gets a checkpoint of BERT-base's shape with random weights: they cost what trained ones cost, and say nothing.
"""

import sys
from pathlib import Path

CLASSES = ["toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate"]


def draw_checkpoint(folder: Path) -> Path:
    """Write config, tokenizer and random weights of a BERT-base with six classes, and return the checkpoint's path."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    path = folder / "random.ckpt"
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    letters = "abcdefghijklmnopqrstuvwxyz0123456789.,;:!?'\"()-"
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *("##" + c for c in letters)]
    syllables = [a + b + c for a in letters[:26] for b in letters[:26] for c in letters[:26]]
    words += syllables + ["##" + s for s in syllables]  # about as many pieces as BERT's own
    (folder / "vocab.txt").write_text("\n".join(words[:30522]) + "\n", encoding="utf-8")
    config = BertConfig()
    config.num_labels = len(CLASSES)
    config.save_pretrained(folder)
    torch.manual_seed(0)
    arch = {
        "model_type": str(folder),
        "model_name": "BertForSequenceClassification",
        "tokenizer_name": "BertTokenizer",
        "num_classes": len(CLASSES),
    }
    saved = {
        "config": {"arch": {"args": arch}, "dataset": {"args": {"classes": CLASSES}}},
        "state_dict": BertForSequenceClassification(config).state_dict(),
    }
    torch.save(saved, path)
    return path


def main() -> None:
    """Serve POST /v1/score with the body that our own service takes."""
    import uvicorn
    from detoxify import Detoxify
    from fastapi import FastAPI
    from pydantic import BaseModel

    folder = Path(sys.argv[2])
    model = Detoxify(checkpoint=str(draw_checkpoint(folder)), huggingface_config_path=str(folder))
    app = FastAPI()

    class Comments(BaseModel):
        comments: list[str]

    @app.get("/readyz")
    def readyz() -> str:
        return "ready"

    @app.post("/v1/score")
    def score(asked: Comments) -> dict[str, list[float]]:
        found = model.predict(asked.comments)
        return {name: scores if isinstance(scores, list) else [scores] for name, scores in found.items()}

    uvicorn.run(app, port=int(sys.argv[1]), access_log=False, log_level="warning")


if __name__ == "__main__":
    main()
