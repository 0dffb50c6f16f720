"""An encoder written as a Detoxify checkpoint: the real library gives it the encoder's own numbers."""

import hashlib
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from moderation.bundle import load_bundle
from moderation.errors import BundleError, InputError, MissingExtra, OutputError
from moderation.shipped import shipped
from moderation.text import NORMALISER_VERSION, normalise
from moderation.training.export_detoxify import export_detoxify

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytest.importorskip("detoxify")

from detoxify import Detoxify  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors  # noqa: E402

from moderation.classifiers.detoxify import DetoxifyClassifier  # noqa: E402

Cli = Callable[..., Any]

WORDS = ["harbour", "crane", "tram", "orchard", "price", "library", "the", "blue", "old", "opens", "at", "noon", "##s"]
TEXTS = ["the blue harbour", "", "The old library opens at noon!", "crane", "cranes " * 20, "<url> words \U0001f600"]
LABELS = ["hate", "antisemitism", "toxicity"]


def tokenizer(folder: Path) -> None:
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, "<url>"]
    made = Tokenizer(models.WordPiece({piece: k for k, piece in enumerate(pieces)}, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    made.add_special_tokens(["<url>"])
    made.enable_truncation(8)  # as published tokenizers have it; the export takes it off
    (folder / "tokenizer.json").write_text(made.to_str())


@pytest.fixture(scope="session")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a small fitted encoder, as training writes it, with drawn weights."""
    folder = tmp_path_factory.mktemp("encoder") / "hf"
    folder.mkdir()
    torch.manual_seed(2)
    config = transformers.BertConfig(
        vocab_size=19,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=24,
        max_position_embeddings=64,
        initializer_range=0.4,
    )
    model = transformers.BertModel(config, add_pooling_layer=False)
    head = {"pooler.weight": (16, 16), "pooler.bias": (16,), "classifier.weight": (3, 16), "classifier.bias": (3,)}
    weights = {f"bert.{name}": tensor.contiguous() for name, tensor in model.state_dict().items()}
    weights |= {name: torch.randn(shape) / 2 for name, shape in head.items()}
    save_file(weights, folder / "model.safetensors")
    (folder / "config.json").write_text(config.to_json_string())
    (folder / "labels.json").write_text(json.dumps(LABELS))
    tokenizer(folder)
    return folder


@pytest.fixture
def encoder(drawn: Path, tmp_path: Path) -> Path:
    """Return a copy that a test may change."""
    shutil.copytree(drawn, tmp_path / "work" / "hf")
    return tmp_path / "work" / "hf"


def logits(folder: Path, text: str) -> Any:
    """Return what the encoder itself says of a normalised text, (labels,): written down once more, from its formula."""
    config = transformers.BertConfig(**json.loads((folder / "config.json").read_bytes()))
    weights = load_file(folder / "model.safetensors")
    model = transformers.BertModel(config, add_pooling_layer=False).eval()
    model.load_state_dict({k.removeprefix("bert."): v for k, v in weights.items() if k.startswith("bert.")})
    read = Tokenizer.from_file(str(folder / "tokenizer.json"))
    read.no_truncation()
    with torch.inference_mode():
        mean = model(torch.tensor([read.encode(text).ids]))[0][0].mean(dim=0)
        unit = torch.nn.functional.layer_norm(mean, mean.shape, eps=config.layer_norm_eps)
        inner = torch.tanh(weights["pooler.weight"] @ unit + weights["pooler.bias"])
        return weights["classifier.weight"] @ inner + weights["classifier.bias"]


def expected(folder: Path, texts: list[str]) -> Any:
    return np.stack([torch.sigmoid(logits(folder, normalise(text).text)).numpy() for text in texts])


def library(output: Path) -> Detoxify:
    return Detoxify(checkpoint=str(output / "detoxify.ckpt"), huggingface_config_path=str(output))


def test_the_library_gives_the_encoders_numbers(encoder: Path, tmp_path: Path) -> None:
    digest = export_detoxify(encoder, tmp_path / "out")
    scores = library(tmp_path / "out").predict([normalise(text).text for text in TEXTS])  # one batch: with padding
    assert list(scores) == LABELS
    found = np.array([scores[label] for label in LABELS]).T
    np.testing.assert_allclose(found, expected(encoder, TEXTS), atol=2e-6)
    assert np.ptp(found, axis=0).min() > 0.01
    contents = (tmp_path / "out" / "detoxify.ckpt").read_bytes()
    assert hashlib.sha256(contents).hexdigest() == digest
    assert (tmp_path / "out" / "detoxify.ckpt.sha256").read_text() == f"{digest}  detoxify.ckpt\n"


def test_what_training_writes_is_what_is_exported(tmp_path: Path) -> None:
    from moderation.training.encoder.checkpoint import Fitted, write_checkpoint
    from moderation.training.encoder.network import Encoder

    torch.manual_seed(4)
    pieces = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS, "<url>", "<user>")
    size = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    config = transformers.BertConfig(vocab_size=len(pieces), max_position_embeddings=64, initializer_range=0.4, **size)
    fitted = Fitted(Encoder(config, 3).eval(), pieces, tuple(LABELS), "a base", "0" * 64)
    torch.nn.init.normal_(fitted.model.classifier.weight)
    write_checkpoint(tmp_path / "hf", fitted)
    export_detoxify(tmp_path, tmp_path / "out")
    texts = [normalise(text).text for text in TEXTS]
    with torch.inference_mode():
        rows = [torch.sigmoid(fitted.model(torch.tensor([fitted.tokenizer.encode(t).ids])))[0].numpy() for t in texts]
    scores = library(tmp_path / "out").predict(texts)
    np.testing.assert_allclose(np.array([scores[label] for label in LABELS]).T, rows, atol=2e-6)
    assert np.ptp(rows, axis=0).min() > 0.01


def test_our_classifier_reads_it_back_and_normalises(encoder: Path, tmp_path: Path) -> None:
    export_detoxify(encoder.parent, tmp_path / "out", languages=("en", "de"))
    classifier = DetoxifyClassifier.load(tmp_path / "out")
    assert classifier.info.labels == ("hate", "antisemitism", "toxicity")
    assert classifier.info.languages == ("en", "de")
    texts = [*TEXTS, "The BLUE h\u200barbour", "t h e old cr\u00e4ne"]
    np.testing.assert_allclose(classifier.probabilities(texts), expected(encoder, texts), atol=2e-6)
    (tmp_path / "out").rename(tmp_path / "moved")  # the path that was written into it is gone
    moved = DetoxifyClassifier.load(tmp_path / "moved").probabilities(texts)
    np.testing.assert_array_equal(moved, classifier.probabilities(texts))


@pytest.mark.parametrize("epsilon", [1e-12, 1e-5, 1e-3])
def test_the_added_layer_takes_any_epsilon(encoder: Path, tmp_path: Path, epsilon: float) -> None:
    config = json.loads((encoder / "config.json").read_bytes())
    (encoder / "config.json").write_text(json.dumps(config | {"layer_norm_eps": epsilon}))
    export_detoxify(encoder, tmp_path / "out")
    found = DetoxifyClassifier.load(tmp_path / "out").probabilities(TEXTS)
    np.testing.assert_allclose(found, expected(encoder, TEXTS), atol=2e-6 + epsilon)


def test_a_calibration_is_folded_in(encoder: Path, tmp_path: Path) -> None:
    calibration = {label: {"slope": 0.5 + k, "intercept": k - 2.0} for k, label in enumerate(LABELS)}
    export_detoxify(encoder, tmp_path / "out", calibration=calibration)
    found = DetoxifyClassifier.load(tmp_path / "out").probabilities(TEXTS)
    raw = np.stack([logits(encoder, normalise(text).text).numpy() for text in TEXTS])
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-(raw * [0.5, 1.5, 2.5] + [-2, -1, 0]))), atol=2e-6)


def test_the_same_encoder_gives_the_same_bytes(encoder: Path, tmp_path: Path) -> None:
    assert export_detoxify(encoder, tmp_path / "a", model_type="x") == export_detoxify(
        encoder, tmp_path / "b", model_type="x"
    )


def test_another_normaliser_is_refused(encoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export_detoxify(encoder, tmp_path / "out")
    monkeypatch.setattr("moderation.classifiers.detoxify.NORMALISER_VERSION", NORMALISER_VERSION + 1)
    with pytest.raises(BundleError, match=f"made for normaliser {NORMALISER_VERSION}, .*Export it again"):
        DetoxifyClassifier.load(tmp_path / "out")


def changed_config(**changes: Any) -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        config = json.loads((folder / "config.json").read_bytes()) | changes
        (folder / "config.json").write_text(json.dumps(config))

    return change


def less(name: str) -> Callable[[Path], object]:
    def change(folder: Path) -> None:
        weights = load_file(folder / "model.safetensors")
        del weights[name]
        save_file(weights, folder / "model.safetensors")

    return change


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "config.json").unlink(),
        lambda folder: (folder / "config.json").write_text("{"),
        lambda folder: (folder / "config.json").write_text("[]"),
        lambda folder: (folder / "config.json").write_text("{}"),
        lambda folder: (folder / "model.safetensors").write_bytes(b"PK\x03\x04"),
        lambda folder: (folder / "tokenizer.json").write_text("{}"),
        lambda folder: (folder / "tokenizer.json").write_bytes(b"\xff"),
        lambda folder: (folder / "tokenizer.json").unlink(),
        lambda folder: (folder / "labels.json").write_text('["hate"]'),
        lambda folder: (folder / "labels.json").write_text('{"hate": 1}'),
        changed_config(model_type="roberta"),
        changed_config(num_hidden_layers=0),
        changed_config(num_hidden_layers=3),
        changed_config(num_hidden_layers="two"),
        changed_config(hidden_size=17),
        changed_config(vocab_size=20),
        changed_config(pad_token_id=1),
        less("pooler.weight"),
        less("classifier.weight"),
        less("bert.embeddings.word_embeddings.weight"),
        less("bert.encoder.layer.0.output.dense.bias"),
    ],
)
def test_what_is_no_encoder_is_refused(encoder: Path, tmp_path: Path, change: Callable[[Path], object]) -> None:
    change(encoder)
    with pytest.raises(InputError, match=r"not an encoder that .* wrote \(.+\)\. Name its checkpoint, DIR/hf"):
        export_detoxify(encoder, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_bundle_is_refused_and_the_checkpoint_named(bundle_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a bundle, whose weights are rounded.*DIR/hf"):
        export_detoxify(bundle_dir, tmp_path / "out")


def test_what_stands_there_stays(encoder: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "letter").write_text("dear")
    with pytest.raises(OutputError, match="out"):
        export_detoxify(encoder, tmp_path / "out")
    assert (tmp_path / "out" / "letter").read_text() == "dear"


def test_a_calibration_of_other_labels_is_refused(encoder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="antisemitism"):
        export_detoxify(encoder, tmp_path / "out", calibration={"hate": {"slope": 1, "intercept": 0}})


def test_a_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(MissingExtra, match=r"pip install 'moderation\[detoxify\]'"):
        export_detoxify(tmp_path, tmp_path / "out")


def _exported(*arguments: object) -> object:
    """Run the command; return its exit code."""
    from moderation.cli import main

    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as ended:
        patch.setattr(sys, "argv", ["moderation", "export", *map(str, arguments)])
        main()
    return ended.value.code


def test_the_command_writes_it(encoder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bundle = shipped("models/accurate")
    assert not _exported(encoder, "--format", "detoxify", "--calibration", bundle, "-o", tmp_path / "out")
    assert "normalise" in capsys.readouterr().err
    found = DetoxifyClassifier.load(tmp_path / "out").probabilities(TEXTS)
    export_detoxify(encoder, tmp_path / "again", calibration=load_bundle(bundle).manifest.calibration)
    np.testing.assert_array_equal(found, DetoxifyClassifier.load(tmp_path / "again").probabilities(TEXTS))


def test_the_calibration_of_another_kind_is_refused(
    encoder: Path, bundle_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _exported(encoder, "--calibration", bundle_dir, "-o", tmp_path / "out") == 2
    assert "no encoder's" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
