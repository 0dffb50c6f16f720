"""Training an encoder: the same result also after a kill, and a bundle that agrees with the weights it was made of."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("onnx")

from moderation.bundle import load_bundle  # noqa: E402
from moderation.classifiers import load_classifier  # noqa: E402
from moderation.classifiers.encoder import MODEL  # noqa: E402
from moderation.corpora import load_corpora  # noqa: E402
from moderation.errors import CorpusError, DeviceError, ModerationError, OutputError  # noqa: E402
from moderation.golden import replay  # noqa: E402
from moderation.labels import LABEL_NAMES  # noqa: E402
from moderation.scorer import Scorer  # noqa: E402
from moderation.text import normalise  # noqa: E402
from moderation.training.encoder import fitting, labelling  # noqa: E402
from moderation.training.encoder.checkpoint import read_checkpoint  # noqa: E402
from moderation.training.encoder.fitting import CHECKPOINT, FitOptions, padded  # noqa: E402
from moderation.training.encoder.soft_labels import SOFT_LABELS, row_keys  # noqa: E402
from moderation.training.encoder.train import EncoderOptions, train_encoder  # noqa: E402
from tests.training.encoder.conftest import SAMPLE, sample_texts  # noqa: E402

FIT = FitOptions(rate=2e-3, batch_tokens=256, check_every=5, save_seconds=0.0)


def options(pretrained: Path, folder: Path, **more: Any) -> EncoderOptions:
    return EncoderOptions(
        **{
            "output": folder / "bundle",
            "work": folder / "work",
            "corpora": SAMPLE,
            "base": str(pretrained),
            "epochs": 3.0,
            "threads": 1,
            "fit": FIT,
            "name": "small",
            "version": "1",
        }
        | more
    )


@pytest.fixture(scope="module")
def trained(pretrained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trained")
    train_encoder(options(pretrained, folder))
    return folder


def test_a_killed_run_goes_on_to_the_same_bundle(
    pretrained: Path, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learn, steps = fitting._learn, 0

    def killed(*arguments: Any) -> torch.Tensor:
        nonlocal steps
        steps += 1
        if steps == 12:
            raise KeyboardInterrupt
        return learn(*arguments)

    monkeypatch.setattr(fitting, "_learn", killed)
    with pytest.raises(KeyboardInterrupt):
        train_encoder(options(pretrained, tmp_path))
    assert not (tmp_path / "bundle").exists()
    with pytest.raises(OutputError, match="--resume"):
        train_encoder(options(pretrained, tmp_path))
    monkeypatch.setattr(fitting, "_learn", learn)
    train_encoder(options(pretrained, tmp_path, resume=True))
    for name in load_bundle(trained / "bundle").files:
        assert (tmp_path / "bundle" / name).read_bytes() == (trained / "bundle" / name).read_bytes(), name


def test_a_long_training_goes_on_from_any_of_its_parts(
    pretrained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long: dict[str, Any] = {"adapt": 1.0, "folds": 2, "epochs": 1.0, "fit": replace(FIT, dropout=0.1)}
    train_encoder(options(pretrained, tmp_path / "whole", **long))
    learn, steps = fitting._learn, 0

    def killed(*arguments: Any) -> torch.Tensor:
        nonlocal steps
        steps += 1
        if steps % 11 == 0:
            raise KeyboardInterrupt
        return learn(*arguments)

    monkeypatch.setattr(fitting, "_learn", killed)
    kills = 0
    while not (tmp_path / "bundle").exists():
        try:
            train_encoder(options(pretrained, tmp_path, resume=kills > 0, **long))
        except KeyboardInterrupt:
            kills += 1
            with pytest.raises(OutputError, match="--resume"):
                train_encoder(options(pretrained, tmp_path, **long))
    assert kills > 3
    whole = load_bundle(tmp_path / "whole" / "bundle")
    assert load_bundle(tmp_path / "bundle").files == whole.files
    assert [whole.manifest.training[k] for k in ("adapt", "folds", "trust")] == [1.0, 2, 0.5]
    with pytest.raises(ModerationError, match="other options or other corpora"):
        train_encoder(options(pretrained, tmp_path, resume=True, **long | {"adapt": 2.0}))


def test_what_teachers_said_teaches_again(pretrained: Path, tmp_path: Path) -> None:
    train_encoder(options(pretrained, tmp_path, folds=2, epochs=1.0))
    said = tmp_path / "work" / SOFT_LABELS
    train_encoder(options(pretrained, tmp_path / "again", soft_labels=said, epochs=1.0))
    one, other = load_bundle(tmp_path / "bundle"), load_bundle(tmp_path / "again" / "bundle")
    assert one.files[MODEL] == other.files[MODEL]
    assert other.manifest.training["soft_labels"] == sha256(said.read_bytes()).hexdigest()


@pytest.mark.parametrize(
    ("arrays", "line"),
    [
        (None, "no soft labels that can be read"),
        ({"row": np.zeros(3, np.uint64)}, "lacks antisemitism, hate, toxicity"),
        ({k: np.zeros(3, np.float32) for k in ("row", *LABEL_NAMES)}, "lacks columns of one length"),
        ({k: np.zeros(3, np.uint64 if k == "row" else np.float32) for k in ("row", *LABEL_NAMES)}, "none of these"),
    ],
)
def test_soft_labels_of_no_use(
    pretrained: Path, tmp_path: Path, arrays: dict[str, NDArray[Any]] | None, line: str
) -> None:
    file = tmp_path / "soft.safetensors"
    if arrays is not None:
        file.write_bytes(save(arrays))
    with pytest.raises(ModerationError, match=line):
        train_encoder(options(pretrained, tmp_path, soft_labels=file))


@pytest.mark.parametrize(
    ("error", "line"),
    [(torch.AcceleratorError, "gave out.*--resume"), (torch.OutOfMemoryError, "memory is too small.*--batch-tokens")],
)
def test_a_processor_that_gives_out(
    pretrained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception], line: str
) -> None:
    def learn(*_: Any) -> torch.Tensor:
        raise error("gone")

    monkeypatch.setattr(fitting, "_learn", learn)
    with pytest.raises(DeviceError, match=line):
        train_encoder(options(pretrained, tmp_path))


def test_weights_that_were_better_than_all_that_follow_stay(pretrained: Path, trained: Path, tmp_path: Path) -> None:
    spoiled = replace(FIT, rate=0.5)
    bundle = train_encoder(options(pretrained, tmp_path, base=str(trained / "work" / "hf"), epochs=1.0, fit=spoiled))
    assert bundle.manifest.training["reached"]["best_step"] == 0
    assert bundle.files[MODEL] == load_bundle(trained / "bundle").files[MODEL]


@pytest.mark.parametrize("folds", [1, 2])
def test_teachers_that_cannot_be(pretrained: Path, trained: Path, tmp_path: Path, folds: int) -> None:
    base = pretrained if folds == 1 else trained / "work" / "hf"
    with pytest.raises(CorpusError, match="Give 2 or more|has learned all rows"):
        train_encoder(options(pretrained, tmp_path, base=str(base), folds=folds))


def test_other_labels_make_another_run(pretrained: Path, tmp_path: Path) -> None:
    train_encoder(options(pretrained, tmp_path, epochs=1.0))
    arrays = {k: np.full(1, 0.9, np.float32) for k in LABEL_NAMES}
    (corpus,) = load_corpora(SAMPLE, for_training=True)
    file = tmp_path / "soft.safetensors"
    file.write_bytes(save(arrays | {"row": row_keys([corpus])[np.array(corpus.split) == "train"][:1]}))
    with pytest.raises(ModerationError, match="other options or other corpora"):
        train_encoder(options(pretrained, tmp_path, epochs=1.0, soft_labels=file, resume=True))


def test_soft_labels_and_teachers_at_once(pretrained: Path, tmp_path: Path) -> None:
    with pytest.raises(ModerationError, match="leave out --folds"):
        train_encoder(options(pretrained, tmp_path, soft_labels=tmp_path / "soft.safetensors", folds=2))


def test_a_run_that_was_killed_while_it_was_exported_goes_on(pretrained: Path, trained: Path, tmp_path: Path) -> None:
    shutil.copytree(trained / "work", tmp_path / "work")
    train_encoder(options(pretrained, tmp_path, resume=True))
    first, again = (load_bundle(folder / "bundle").files for folder in (trained, tmp_path))
    assert first == again


def test_eight_bits_agree_with_full_precision(trained: Path) -> None:
    texts = sample_texts()
    bundle = load_bundle(trained / "bundle")
    fitted = read_checkpoint(trained / "work" / "hf")
    fitted.model.eval()
    with torch.inference_mode():
        tokens = [np.array(fitted.tokenizer.encode(normalise(t).text).ids, np.int32) for t in texts]
        full = np.concatenate([fitted.model(padded([row])).numpy() for row in tokens])
    calibration = bundle.manifest.calibration
    for column, label in enumerate(bundle.manifest.labels):
        expected = 1 / (1 + np.exp(-(calibration[label]["slope"] * full[:, column] + calibration[label]["intercept"])))
        found = load_classifier(bundle).probabilities(texts)[:, column]
        assert np.abs(found - expected).max() < 0.05
        assert np.corrcoef(found, expected)[0, 1] > 0.99


def test_it_learned_what_the_sample_teaches(trained: Path) -> None:
    figures = load_bundle(trained / "bundle").manifest.training["reached"]
    assert figures["measure"] > 0.6
    scorer = Scorer.load(trained / "bundle")
    rude, kind = scorer.score(["Shut up, you pathetic idiot.", "Lovely photographs, thank you."])
    assert rude.scores["toxicity"] > kind.scores["toxicity"]


def test_the_bundle_replays_its_golden_texts(trained: Path) -> None:
    bundle = load_bundle(trained / "bundle")
    count, worst = replay(bundle, load_classifier(bundle))
    assert count > 20 and worst < 1e-5
    assert bundle.manifest.kind == "encoder" and bundle.manifest.training["base_sha256"]


def test_training_goes_on_from_weights_of_our_own(pretrained: Path, trained: Path, tmp_path: Path) -> None:
    bundle = train_encoder(options(pretrained, tmp_path, base=str(trained / "work" / "hf"), epochs=0.5))
    before = load_bundle(trained / "bundle").manifest.training
    assert before["base"] == pretrained.name and before["went_on_from"] == ""
    assert [bundle.manifest.training[k] for k in ("base", "base_sha256")] == [before["base"], before["base_sha256"]]
    weights = (trained / "work" / "hf" / "model.safetensors").read_bytes()
    assert bundle.manifest.training["went_on_from"] == sha256(weights).hexdigest()
    first = read_checkpoint(trained / "work" / "hf")
    assert read_checkpoint(tmp_path / "work" / "hf").pieces == first.pieces


def test_no_epoch_exports_the_weights_as_they_are(pretrained: Path, trained: Path, tmp_path: Path) -> None:
    train_encoder(options(pretrained, tmp_path, base=str(trained / "work" / "hf"), epochs=0.0))
    name = "model.safetensors"
    assert (tmp_path / "work" / "hf" / name).read_bytes() == (trained / "work" / "hf" / name).read_bytes()


def test_passes_say_how_often_a_corpus_is_seen(pretrained: Path, trained: Path, tmp_path: Path) -> None:
    base = str(trained / "work" / "hf")
    bundle = train_encoder(
        options(pretrained, tmp_path, base=base, epochs=0.5, passes={"sample": 3.0}, fit=replace(FIT, patience=2.0))
    )
    assert bundle.manifest.training["passes"] == {"sample": 1.5}
    once = load_bundle(trained / "bundle").manifest.training["reached"]["examples"] / 3
    assert bundle.manifest.training["reached"]["examples"] == pytest.approx(1.5 * once, abs=2)
    with pytest.raises(CorpusError, match="samples: not among the corpora"):
        train_encoder(options(pretrained, tmp_path / "other", passes={"samples": 2.0}))


def test_sixteen_bits_learn_the_same_lesson(pretrained: Path, trained: Path, tmp_path: Path) -> None:
    half = train_encoder(options(pretrained, tmp_path, fit=replace(FIT, bfloat16=True)))
    assert half.manifest.training["bfloat16"] is True
    texts = sample_texts()
    found, full = (load_classifier(load_bundle(path)).probabilities(texts) for path in (half.path, trained / "bundle"))
    assert (found != full).any() and np.corrcoef(found.ravel(), full.ravel())[0, 1] > 0.9


def test_a_checkpoint_of_another_run_is_refused(pretrained: Path, trained: Path, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / CHECKPOINT).write_bytes((trained / "work" / CHECKPOINT).read_bytes())
    with pytest.raises(ModerationError, match="other options or other corpora"):
        train_encoder(options(pretrained, tmp_path, epochs=1.0, resume=True))
    (tmp_path / "work" / CHECKPOINT).write_bytes(b"\x00" * 100)
    with pytest.raises(ModerationError, match="not a checkpoint"):
        train_encoder(options(pretrained, tmp_path, resume=True))


@pytest.mark.parametrize("device", ["cuda:77", "tpu", "no such thing"])
def test_a_processor_that_is_not_here(pretrained: Path, tmp_path: Path, device: str) -> None:
    with pytest.raises(DeviceError, match="--device cpu"):
        train_encoder(options(pretrained, tmp_path, device=device))


def test_corpora_that_teach_other_labels(pretrained: Path, trained: Path, tmp_path: Path) -> None:
    spec = (SAMPLE / "sample.toml").read_text(encoding="utf-8").replace('antisemitism = "antisemitism"\n', "")
    (tmp_path / "sample.toml").write_text(spec, encoding="utf-8")
    (tmp_path / "sample.jsonl").write_bytes((SAMPLE / "sample.jsonl").read_bytes())
    with pytest.raises(CorpusError, match="these corpora teach hate, toxicity"):
        train_encoder(options(pretrained, tmp_path, corpora=tmp_path, base=str(trained / "work" / "hf")))


def test_a_rate_that_is_too_high_is_named(pretrained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lost: Callable[..., Any] = lambda *_: torch.tensor(float("nan"), requires_grad=True)  # noqa: E731
    monkeypatch.setattr(labelling, "weighted_loss", lost)
    with pytest.raises(ModerationError, match="lower --rate"):
        train_encoder(options(pretrained, tmp_path))
