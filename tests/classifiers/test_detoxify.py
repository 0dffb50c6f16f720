"""Detoxify's models behind our interface: small real checkpoints, made here, loaded and scored by the real library."""

import hashlib
import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from moderation.classifiers.base import Classifier
from moderation.errors import BundleCorrupt, BundleError, DeviceError, InputError
from moderation.policy import Policy, Thresholds
from moderation.scorer import Scorer

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")
pytest.importorskip("detoxify")

from detoxify import Detoxify  # noqa: E402

from moderation.classifiers import detoxify as module  # noqa: E402
from moderation.classifiers import detoxify_checkpoint as checkpoints  # noqa: E402
from moderation.classifiers.detoxify import DetoxifyClassifier  # noqa: E402
from moderation.classifiers.detoxify_checkpoint import Published  # noqa: E402

Make = Callable[..., Path]

WORDS = ["harbour", "crane", "tram", "orchard", "price", "library", "hour", "the", "blue", "old", "opens", "at", "noon"]
TEXTS = [
    "the blue harbour",
    "",
    "the old library opens at noon",
    "crane",
    "unheard words, 7 \U0001f600 and \x00",
    " ".join(WORDS * 2),
]
SIZE = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
ORIGINAL = ["toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate"]
UNBIASED = ["toxicity", "severe_toxicity", "obscene", "identity_attack", "insult", "threat", "sexual_explicit"]


def word_pieces(folder: Path) -> str:
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    (folder / "vocab.txt").write_text("\n".join(words) + "\n")
    (folder / "tokenizer_config.json").write_text(json.dumps({"model_max_length": 64, "do_lower_case": True}))
    return "BertTokenizer"


def byte_pairs(folder: Path) -> str:
    from tokenizers.pre_tokenizers import ByteLevel

    words = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", *sorted(ByteLevel.alphabet())]
    (folder / "vocab.json").write_text(json.dumps({word: i for i, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return "RobertaTokenizer"


def drawn(kind: str, folder: Path, columns: int) -> tuple[Any, str]:
    """Write the config and tokenizer of a small model of this kind; return the model and its tokenizer's class."""
    torch.manual_seed(5)
    if kind == "Roberta":
        tokenizer, special = byte_pairs(folder), {"vocab_size": 261, "pad_token_id": 1, "max_position_embeddings": 258}
    else:
        tokenizer, special = word_pieces(folder), {"vocab_size": 18, "max_position_embeddings": 64}
        special |= {"embedding_size": 8} if kind == "Albert" else {}
    config = getattr(transformers, f"{kind}Config")(**SIZE, **special, num_labels=columns, initializer_range=0.5)
    config.save_pretrained(folder)
    return getattr(transformers, f"{kind}ForSequenceClassification")(config), tokenizer


def signed(path: Path) -> Path:
    """Write the checkpoint's hash beside it, as sha256sum does."""
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_name(path.name + ".sha256").write_text(f"{digest}  {path.name}\n")
    return path


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return a function that writes a checkpoint beside its config and tokenizer, with parts changed on request."""

    def run(
        kind: str = "Bert",
        classes: Any = UNBIASED,
        columns: int = 16,
        state: Callable[[dict[str, Any]], Any] = dict,
        **arch: Any,
    ) -> Path:
        model, tokenizer = drawn(kind, tmp_path, columns)
        names = {"model_type": str(tmp_path), "model_name": f"{kind}ForSequenceClassification"}
        names |= {"tokenizer_name": tokenizer, "num_classes": columns} | arch  # type: ignore[dict-item]
        config = {"arch": {"type": kind, "args": names}, "dataset": {"args": {"classes": classes}}}
        path = tmp_path / "tiny.ckpt"
        torch.save({"state_dict": state(model.state_dict()), "config": config}, path)
        return signed(path)

    return run


def peer(path: Path) -> Detoxify:
    return Detoxify(checkpoint=str(path), huggingface_config_path=str(path.parent))


@pytest.mark.parametrize("kind", ["Bert", "Roberta", "Albert"])
def test_scores_are_those_of_the_library(make: Make, kind: str) -> None:
    path = make(kind)
    classifier: Classifier = DetoxifyClassifier.load(path)
    assert classifier.info.labels == ("hate", "toxicity")
    found = classifier.probabilities(TEXTS)
    assert found.dtype == np.float32
    expected = [[scores["identity_attack"], scores["toxicity"]] for scores in map(peer(path).predict, TEXTS)]
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert np.ptp(found[:, 0]) > 1e-3  # drawn weights tell the texts apart, or the test would say nothing


def test_a_scorer_takes_it_and_leaves_antisemitism_out(make: Make) -> None:
    classifier = DetoxifyClassifier.load(make())
    scorer = Scorer(classifier, Policy({"hate": Thresholds(0.0), "toxicity": Thresholds(1.0)}), "tiny/1")
    (verdict,) = scorer.score(TEXTS[:1])
    assert verdict.scores.keys() == {"hate", "toxicity"}
    assert verdict.flags == ("hate",)
    assert verdict.evidence == ()


def test_a_checkpoint_is_measured_as_a_peer(make: Make, tmp_path: Path) -> None:
    from moderation.evaluation.peers import make_peer

    found = make_peer(f"detoxify:{make()}", tmp_path)
    assert found.thresholds == dict.fromkeys(found.classifier.info.labels, 0.5)
    assert found.name.startswith("tiny ")
    assert found.classifier.probabilities(["a text"]).shape == (1, len(found.thresholds))


def test_the_older_class_names_mean_the_same(make: Make) -> None:
    path = make(classes=ORIGINAL, columns=6)
    classifier = DetoxifyClassifier.load(path.parent / "tiny.ckpt", threads=torch.get_num_threads())
    assert classifier.info.labels == ("hate", "toxicity")
    assert classifier.info.name == "tiny"
    assert classifier.info.languages == ("en",)
    scores = peer(path).predict(TEXTS[0])
    np.testing.assert_allclose(
        classifier.probabilities(TEXTS[:1]), [[scores["identity_attack"], scores["toxicity"]]], atol=1e-6
    )


def test_a_batch_scores_as_its_texts_do_alone(make: Make) -> None:
    classifier = DetoxifyClassifier.load(make())
    rng = np.random.default_rng(3)
    texts = [" ".join(rng.choice(WORDS, size)) for size in rng.integers(0, 150, 80)]
    together = classifier.probabilities(texts)
    alone = np.concatenate([classifier.probabilities([text]) for text in texts])
    np.testing.assert_allclose(together, alone, atol=1e-6)
    assert classifier.probabilities([]).shape == (0, 2)


def test_a_long_text_has_the_score_of_its_worst_window(make: Make) -> None:
    path = make()
    classifier, library = DetoxifyClassifier.load(path), peer(path)
    words = list(np.random.default_rng(8).choice(WORDS, 300))
    size, overlap = 62, 15  # 64 positions less [CLS] and [SEP]; a quarter of it
    starts = range(0, len(words) - overlap, size - overlap)
    windows = [library.predict(" ".join(words[start : start + size])) for start in starts]
    expected = [max(w["identity_attack"] for w in windows), max(w["toxicity"] for w in windows)]
    text = " ".join(words)
    np.testing.assert_allclose(classifier.probabilities([text])[0], expected, atol=1e-6)
    assert abs(library.predict(text)["toxicity"] - expected[1]) > 1e-4  # the library cuts


def test_a_very_long_word_and_a_lone_surrogate_are_judged(make: Make) -> None:
    classifier = DetoxifyClassifier.load(make("Roberta"))
    found = classifier.probabilities(["x" * (3 * module._PIECE), "the \ud800 crane", "the ? crane"])
    assert ((found > 0) & (found < 1)).all()
    np.testing.assert_allclose(found[1], found[2], atol=1e-6)


def test_threads_score_and_load_at_once(make: Make) -> None:
    path = make()
    classifier = DetoxifyClassifier.load(path)
    expected = classifier.probabilities(TEXTS)

    def work(k: int) -> Any:
        mine = DetoxifyClassifier.load(path) if k % 4 == 0 else classifier
        return [mine.probabilities(TEXTS) for _ in range(5)]

    with ThreadPoolExecutor(8) as pool:
        for results in pool.map(work, range(8)):
            for found in results:
                np.testing.assert_allclose(found, expected, atol=1e-6)


class Bomb:
    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.target),)


def test_code_in_a_checkpoint_is_not_run(make: Make, tmp_path: Path) -> None:
    target = tmp_path / "it-ran"
    path = make(classes=[Bomb(target)])
    with pytest.raises(BundleCorrupt, match=r"holds \w+\.mkdir, which is other than tensors and plain values"):
        DetoxifyClassifier.load(path)
    assert not target.exists()
    torch.load(path, weights_only=False)
    assert target.exists()  # it would have


def test_a_hash_may_be_given_or_stand_in_the_name(make: Make) -> None:
    path = make()
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    path.with_name("tiny.ckpt.sha256").unlink()
    with pytest.raises(BundleError, match=r"sha256 is not known.*sha256sum"):
        DetoxifyClassifier.load(path)
    assert DetoxifyClassifier.load(path, sha256=digest).info.version == digest[:8]
    with pytest.raises(BundleCorrupt, match="sha256"):
        DetoxifyClassifier.load(path, sha256="0" * 64)
    with pytest.raises(InputError, match="no sha256"):
        DetoxifyClassifier.load(path, sha256="abc")
    named = path.rename(path.with_name(f"tiny-{digest[:8]}.ckpt"))
    DetoxifyClassifier.load(named)
    with pytest.raises(BundleCorrupt, match="sha256"):
        DetoxifyClassifier.load(named.rename(path.with_name("tiny-00000000.ckpt")))


@pytest.mark.parametrize("size", [0, 1, 100, 5000, -1000, -30, -1])
def test_a_truncated_checkpoint_is_refused(make: Make, size: int) -> None:
    path = make()
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(BundleCorrupt, match="damaged"):
        DetoxifyClassifier.load(signed(path))


@pytest.mark.parametrize(
    "contents",
    [
        b"\x80\x02.",
        b"\x80\x02]q\x00.",
        b"PK\x03\x04",
        b"\x80\x02}q\x00h\x05.",
        b"\x80\x02X\xff\xff\xff\x7fa.",
        b"garbage",
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, contents: bytes) -> None:
    (tmp_path / "x.ckpt").write_bytes(contents)
    with pytest.raises(BundleCorrupt, match="Get "):
        DetoxifyClassifier.load(signed(tmp_path / "x.ckpt"))


@pytest.mark.parametrize(
    "value",
    [
        [],
        None,
        {"state_dict": {}},
        {"state_dict": {"a": 1}, "config": {}},
        {"state_dict": {}, "config": {"arch": {"args": {}}, "dataset": {"args": {}}}},
        {"state_dict": {}, "config": "BERT"},
    ],
)
def test_another_shape_is_refused(tmp_path: Path, value: Any) -> None:
    torch.save(value, tmp_path / "x.ckpt")
    with pytest.raises(BundleCorrupt, match="Detoxify's format"):
        DetoxifyClassifier.load(signed(tmp_path / "x.ckpt"))


def told_larger(state: dict[str, Any]) -> dict[str, Any]:
    return state | {"classifier.bias": torch.zeros(1).expand(1 << 40)}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"state": lambda s: s | {"classifier.bias": torch.full((16,), torch.nan)}}, "not finite"),
        ({"state": lambda s: s | {"classifier.bias": "0"}}, "other than tensors"),
        ({"state": lambda s: s | {"classifier.bias": torch.zeros(16).to_sparse()}}, "more than the file"),
        ({"state": told_larger}, "more than the file"),
        (
            {"state": lambda s: {k: v for k, v in s.items() if k != "classifier.bias"}},
            r"no weights for classifier\.bias",
        ),
        ({"state": lambda s: {}}, "no weights"),
        ({"state": lambda s: s | {"classifier.bias": torch.zeros(3)}}, "does not fit"),
        ({"classes": []}, "classes is no list"),
        ({"classes": "toxicity"}, "classes is no list"),
        ({"classes": ["toxicity", 3]}, "classes is no list"),
        ({"columns": 3}, "num_classes is 3, with 7 classes"),
        ({"num_classes": True}, "num_classes is True"),
        ({"num_classes": 10**9}, "num_classes"),
        ({"model_name": "pipeline"}, "no text classifier"),
        ({"model_name": "NoneSuchForSequenceClassification"}, "NoneSuch"),
        ({"model_name": "AutoModelForSequenceClassification"}, "does not fit"),
        ({"model_name": "os.system"}, "no text classifier"),
        ({"tokenizer_name": "NoneSuchTokenizer"}, "NoneSuchTokenizer"),
        ({"tokenizer_name": None}, "names no"),
    ],
)
def test_what_does_not_fit_is_refused(make: Make, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(BundleCorrupt, match=said):
        DetoxifyClassifier.load(make(**changes))


def test_weights_that_overflow_give_an_error_and_no_score(make: Make) -> None:
    def huge(state: dict[str, Any]) -> dict[str, Any]:
        return {k: torch.full_like(v, 3e38) if "word_embeddings" in k else v for k, v in state.items()}

    classifier = DetoxifyClassifier.load(make(state=huge))
    with pytest.raises(BundleCorrupt, match="no numbers"):
        classifier.probabilities(TEXTS)


def test_classes_that_mean_nothing_or_the_same_are_refused(make: Make) -> None:
    with pytest.raises(BundleError, match=r"judges spam, ham, none of which is known"):
        DetoxifyClassifier.load(make(classes=["spam", "ham"]))
    with pytest.raises(BundleError, match="two of its classes mean toxicity"):
        DetoxifyClassifier.load(make(classes=["toxic", "toxicity"]))


def test_a_tokenizer_that_does_not_match_is_refused(make: Make, tmp_path: Path) -> None:
    path = make()
    (tmp_path / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmno"]))
    with pytest.raises(BundleCorrupt, match="the tokenizer knows 20 tokens, the model 18"):
        DetoxifyClassifier.load(path)
    (tmp_path / "vocab.txt").unlink()
    with pytest.raises(BundleError, match="tokenizer"):
        DetoxifyClassifier.load(path)


@pytest.mark.parametrize("contents", ["{", "[]", "{}", '{"hidden_size": "16"}', '{"vocab_size": 99999999999999}'])
def test_a_config_that_makes_no_sense_is_refused(make: Make, tmp_path: Path, contents: str) -> None:
    path = make()
    (tmp_path / "config.json").write_text(contents)
    with pytest.raises(BundleError, match=r"config=DIR"):
        DetoxifyClassifier.load(path)


def test_a_config_elsewhere_is_taken(make: Make, tmp_path: Path) -> None:
    path = make(model_type="somewhere/else")
    (tmp_path / "apart").mkdir()
    alone = signed(path.rename(tmp_path / "apart" / "x.ckpt"))
    expected = DetoxifyClassifier.load(alone, config=tmp_path).probabilities(TEXTS)
    assert expected.shape == (len(TEXTS), 2)
    with pytest.raises(BundleError, match=r"holds no config\.json"):
        DetoxifyClassifier.load(alone, config=tmp_path / "apart")


def test_offline_without_a_config_says_what_to_fetch(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import huggingface_hub

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    path = make(model_type="bert-base-of-nobody")
    (tmp_path / "config.json").unlink()
    with pytest.raises(BundleError, match=r"hf download bert-base-of-nobody --local-dir DIR.*config=DIR"):
        DetoxifyClassifier.load(path)


def test_published_models_are_those_of_the_library() -> None:
    from detoxify.detoxify import MODEL_URLS

    assert {name: published.url for name, published in checkpoints.PUBLISHED.items()} == MODEL_URLS
    for published in checkpoints.PUBLISHED.values():
        assert published.sha256[:8] == published.file[-13:-5]


@pytest.fixture
def published(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Publish a small checkpoint as "original", where a file: URL reaches it, with an empty cache."""
    path = make(classes=ORIGINAL, columns=6)
    entry = Published("v0", "small.ckpt", hashlib.sha256(path.read_bytes()).hexdigest())
    monkeypatch.setitem(checkpoints.PUBLISHED, "original", entry)  # type: ignore[misc]
    monkeypatch.setattr(Published, "url", path.as_uri())
    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path / "hub"))
    return path


def test_a_published_model_is_downloaded_once(published: Path) -> None:
    first = DetoxifyClassifier.load("original", config=published.parent)
    published.write_bytes(b"gone")
    again = DetoxifyClassifier.load("original", config=published.parent)
    assert first.info == again.info
    assert (first.info.name, first.info.version) == ("detoxify-original", "v0")
    np.testing.assert_array_equal(first.probabilities(TEXTS), again.probabilities(TEXTS))


def test_a_download_that_fails_says_where_the_file_goes(published: Path, tmp_path: Path) -> None:
    contents = published.read_bytes()
    for broken in (contents[:-1], None):
        published.unlink() if broken is None else published.write_bytes(broken)
        with pytest.raises(BundleError, match=r"cannot be downloaded .*put it at .*small\.ckpt"):
            DetoxifyClassifier.load("original", config=published.parent)
        assert not list((tmp_path / "hub" / "checkpoints").iterdir())


def test_an_unknown_name_is_told_the_known_ones() -> None:
    with pytest.raises(BundleError, match=r"orignal: no such checkpoint.*original, unbiased, multilingual"):
        DetoxifyClassifier.load("orignal")


@pytest.mark.parametrize("device", ["cuda:99", "meta", "abacus", "cpu:x"])
def test_a_device_that_is_not_there_is_said(make: Make, device: str) -> None:
    with pytest.raises(DeviceError, match=rf"device {device}: .*device='cpu'"):
        DetoxifyClassifier.load(make(), device=device)


def test_a_device_that_vanishes_is_said(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    classifier = DetoxifyClassifier.load(make())
    monkeypatch.setattr(torch, "sigmoid", lambda x: x.to("meta").cpu())  # what torch does for a device without data
    with pytest.raises(DeviceError, match="gave out"):
        classifier.probabilities(TEXTS)


@pytest.mark.parametrize("threads", [0, -1])
def test_a_senseless_number_of_threads_is_refused(make: Make, threads: int) -> None:
    with pytest.raises(InputError, match="give 1 or more"):
        DetoxifyClassifier.load(make(), threads=threads)
