"""Training the encoder: corpora, vocabulary, weights, 8 bits, calibration, thresholds, bundle. One straight pass."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from moderation import __version__
from moderation.atomic import check_replaceable
from moderation.bundle import Bundle
from moderation.classifiers.base import ClassifierInfo
from moderation.classifiers.encoder import KIND, MODEL, TOKENIZER, EncoderClassifier
from moderation.corpora import load_corpora
from moderation.errors import CorpusError, DeviceError, MissingExtra, OutputError
from moderation.labels import LABEL_NAMES
from moderation.shipped import shipped
from moderation.text import normalise
from moderation.training.calibrate import Aim, Calibrated, Platt, calibrate
from moderation.training.finish import Trained, write_trained
from moderation.training.rows import Progress, Rows, learnable, rows_of, silent

try:
    import onnx  # noqa: F401
    import torch
    import transformers  # noqa: F401
except ImportError:
    raise MissingExtra("Training an encoder", "train-encoder") from None

from moderation.training.encoder.adapting import Guesser, guessing_course
from moderation.training.encoder.checkpoint import Fitted, fresh, is_checkpoint, read_checkpoint, write_checkpoint
from moderation.training.encoder.fitting import CHECKPOINT, FitOptions, Measure, fit, run_name
from moderation.training.encoder.graph import Range, Shape, build
from moderation.training.encoder.judging import mean_auc, spread
from moderation.training.encoder.kept import Arrays, kept
from moderation.training.encoder.labelling import Lessons, course_name, known_labels, label_course
from moderation.training.encoder.pretrained import HUB_NAME, find_pretrained, sha256_of
from moderation.training.encoder.quantise import seen_ranges
from moderation.training.encoder.soft_labels import SOFT_LABELS, by_name, of_rows, read_soft_labels, row_keys
from moderation.training.encoder.teachers import encoders_say, folds_of, ngrams_say, stacked, taught

__all__ = ["FITTED", "HUB_NAME", "PASSES", "EncoderOptions", "FitOptions", "train_encoder"]

PASSES = MappingProxyType(
    {
        "contrast": 1.5,
        "davidson": 0.25,
        "dghs": 2.5,
        "germeval18": 0.7,
        "ghc": 0.7,
        "hatemoji_build": 2.0,
        "hatexplain": 2.0,
        "isca_twitter": 3.5,
        "toxic_spans": 0.4,
        "wiki_cat": 0.1,
    }
)
"""How often the rows of a corpus are seen in one epoch: adversarial, carefully annotated and small corpora more often,
easy and large ones less. A corpus that is not named is seen once."""

FITTED = "hf"
"""The folder in the work folder that holds the fitted encoder at full precision."""

_ADAPTED = "adapted.safetensors"  # in the work folder: the layers after they guessed words
_TEACHER_EPOCHS = 2.0  # at most: longer, and they know the noise of their rows

_LEARNED_TOKENS = 64  # of a row: nine in ten are shorter, and time grows with the longest
_RANGED = 1000  # training rows on which the ranges of activations are seen


@dataclass(frozen=True, slots=True)
class EncoderOptions:
    """What to train.

    `corpora` is a directory (None: the small sample corpus that ships with the project), `names` the corpora in it
    (None: all that may train). `work` keeps checkpoints: a run that was killed goes on from there, with `resume`.
    `base` names the weights to start from: pretrained ones, or a folder that an earlier training left in its `work`.
    `passes` overrides PASSES: how often the rows of a corpus are seen in one of the `epochs` (0: `base` is only
    exported); `pieces` is about the size of the vocabulary. Before the labels, the encoder guesses hidden words of the
    rows for `adapt` epochs. With `folds` (2 or more), that many teachers each learn without one part of the rows and
    judge it, and `trust` (0 to 1) is how much of a label is theirs; `soft_labels` is the file in which an earlier run
    left what its teachers said, to be taught by them again. `device` is torch's name of the processor, `threads` how
    many it may use.
    """

    output: Path
    work: Path
    corpora: Path | None = None
    names: tuple[str, ...] | None = None
    name: str = "encoder"
    version: str = __version__
    base: str = HUB_NAME
    passes: Mapping[str, float] = field(default_factory=dict)
    epochs: float = 2.0
    pieces: int = 16_400
    adapt: float = 0.0
    folds: int = 0
    soft_labels: Path | None = None
    trust: float = 0.5
    device: str = "cpu"
    threads: int = 2
    resume: bool = False
    aim: Aim = field(default_factory=Aim)
    fit: FitOptions = field(default_factory=FitOptions)


def train_encoder(options: EncoderOptions, progress: Progress = silent) -> Bundle:
    """Train on all corpora that may train, write the bundle to `options.output`, return it.

    On a CPU, the same corpora, options, threads and libraries give the same weights, also when the run was killed and
    went on. Raises CorpusError for corpora that cannot be used or hold too little, DeviceError where the processor is
    missing or gave out, OutputError where the bundle cannot be written, ModerationError where the weights to start from
    or the checkpoint are of no use.
    """
    check_replaceable(options.output)
    _check_teachers(options)
    left = [file for pattern in (CHECKPOINT, "adapt*", "teacher-*", SOFT_LABELS) for file in options.work.glob(pattern)]
    if left and not options.resume:
        raise OutputError(f"{left[0]}: a run was left here. Go on with it (--resume), or give another --work.")
    try:
        options.work.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{options.work}: cannot be made ({error.strerror}). Give another --work.") from None
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.fit.seed)
    device = _device(options.device)
    directory = options.corpora or shipped("data/samples/corpus")
    progress("reading corpora", 0, 1)
    corpora = [c for c in load_corpora(directory, options.names, for_training=True) if c.texts]
    rows = rows_of(corpora)
    labels = learnable(rows, directory)
    texts = [text for corpus in corpora for text in corpus.texts]
    progress("cutting texts into pieces", 0, 1)
    learn = np.flatnonzero(rows.split == "train")
    normalised = [normalise(text).text for text in texts]
    start, went_on_from = _start(options, [normalised[k] for k in learn], labels, len(corpora))
    start.model.to(device)
    if device.type == "cpu" and options.fit.bfloat16:  # torch's fused attention takes ten times as long there
        start.model.bert.set_attn_implementation("eager")
    tokens = [_learned(e.ids) for e in start.tokenizer.encode_batch(normalised)]
    passes = _passes(options, rows.names)
    lessons = known_labels([tokens[k] for k in learn], rows.labels[learn][:, labels], rows.corpus[learn])
    measure = mean_auc(tokens, rows, labels)
    try:
        if options.adapt:
            _adapt(start, lessons, options, progress)
        if options.folds or options.soft_labels:
            written = np.array(rows.synthetic)[lessons.corpus]
            keys = row_keys(corpora)[learn]
            if options.soft_labels:
                soft = read_soft_labels(options.soft_labels, keys, start.labels)
            else:
                parts = folds_of(corpora, options.folds)[learn], written
                own = [texts[k] for k in learn]
                said = _said(start, lessons, own, keys, parts, passes, measure, options, progress)
                soft = of_rows(keys, start.labels, said)
            lessons = taught(lessons, soft, written, options.trust)
        course = label_course(lessons, passes, options.fit)
        reached = fit(start.model, course, measure, options.fit, options.work, _under("training", progress))
    except torch.OutOfMemoryError:
        raise DeviceError(f"{options.device}: its memory is too small. Give fewer --batch-tokens.") from None
    except torch.AcceleratorError:
        raise DeviceError(
            f"{options.device}: gave out. What was learned up to the last checkpoint is in {options.work}: to go on, "
            "run the same command again with --resume, and another --device if need be."
        ) from None
    write_checkpoint(options.work / FITTED, start)
    progress("making 8 bits of it", 1, 1)
    seen = [tokens[k] for k in spread(learn, _RANGED)]
    info = ClassifierInfo(
        options.name,
        options.version,
        tuple(LABEL_NAMES[k] for k in labels),
        tuple(sorted({c.spec.language for c in corpora})),
    )
    exported = _Export(start, info, seen_ranges(_arrays(start), _shape(start), seen, options.threads), options.threads)
    progress("calibrating", 1, 1)
    calibrated = _calibrated(exported.classifier(), texts, rows, labels, options)
    final = exported.classifier([c.platt for c in calibrated])
    files = {MODEL: exported.model([c.platt for c in calibrated]), TOKENIZER: start.tokenizer.to_str().encode()}
    made_with = {
        "base": start.base,
        "base_sha256": start.base_sha256,
        "went_on_from": went_on_from,
        "epochs": options.epochs,
        "adapt": options.adapt,
        "folds": options.folds,
        "soft_labels": sha256_of(options.soft_labels) if options.soft_labels else "",
        "trust": options.trust if options.folds or options.soft_labels else 0.0,
        "passes": dict(zip(rows.names, passes, strict=True)),
        "precision": {name: options.aim.precision[name] for name in info.labels},
        "prevalence": options.aim.prevalence,
        **{k: v for k, v in asdict(options.fit).items() if k != "save_seconds"},
        "reached": reached,
    }
    return write_trained(options.output, Trained(KIND, final, files, calibrated, made_with), corpora)


def _check_teachers(options: EncoderOptions) -> None:
    if options.folds and options.soft_labels:
        raise CorpusError("Soft labels are given, so no teachers are needed: leave out --folds, or --soft-labels.")
    if options.folds and is_checkpoint(Path(options.base)):
        raise CorpusError(
            f"{options.base}: has learned all rows, and teachers are to judge what they did not learn. Leave out "
            "--folds, or start from pretrained weights."
        )
    if options.folds == 1:
        raise CorpusError("--folds 1: a teacher judges the part that the others learned from. Give 2 or more, or 0.")


def _learned(tokens: Sequence[int]) -> NDArray[np.int32]:
    """Return the first tokens of a row, with the [SEP] at its end."""
    return np.array([*tokens[: min(_LEARNED_TOKENS, len(tokens)) - 1], tokens[-1]], np.int32)


def _under(what: str, progress: Progress) -> Progress:
    return lambda said, done, total: progress(f"{what} {said}", done, total)


def _adapt(start: Fitted, lessons: Lessons, options: EncoderOptions, progress: Progress) -> None:
    """Let the layers of `start` guess words, or read what they learned from it before the run was killed."""
    course = guessing_course(lessons.tokens, options.adapt, options.fit)
    place = options.work / "adapting"

    def guessed() -> Arrays:
        place.mkdir(exist_ok=True)
        guesser = Guesser(start.model).to(start.model.offsets.device)
        fit(guesser, course, None, options.fit, place, _under("guessing words", progress))
        shutil.rmtree(place)
        return {k: v.cpu().numpy() for k, v in start.model.bert.state_dict().items()}

    layers = kept(options.work / _ADAPTED, run_name(course.name, options.fit, start.model), guessed)
    start.model.bert.load_state_dict({k: torch.from_numpy(v) for k, v in layers.items()})


def _said(
    start: Fitted,
    lessons: Lessons,
    texts: Sequence[str],
    keys: NDArray[np.uint64],
    parts: tuple[NDArray[np.int64], NDArray[np.bool_]],
    passes: Sequence[float],
    measure: Measure,
    options: EncoderOptions,
    progress: Progress,
) -> Arrays:
    """Return what teachers say of the rows, or what they said before the run was killed; `parts` are the rows' folds,
    and which of them the project wrote.
    """
    shorter = min(1.0, _TEACHER_EPOCHS / options.epochs) if options.epochs else 0.0
    seen = [p * shorter for p in passes]

    def said() -> Arrays:
        encoders = encoders_say(start.model, lessons, *parts, seen, measure, options.fit, options.work, progress)
        progress("n-gram teachers", 0, 1)
        ngrams = ngrams_say(texts, lessons, *parts, options.threads)
        return by_name(keys, start.labels, stacked(lessons, [encoders, ngrams], parts[1]))

    name = run_name(f"{options.folds} folds of {course_name(lessons, seen)}", options.fit, start.model)
    return kept(options.work / SOFT_LABELS, name, said)


@dataclass(frozen=True, slots=True, eq=False)
class _Export:
    """A fitted encoder on its way into a bundle."""

    fitted: Fitted
    info: ClassifierInfo
    ranges: Mapping[str, Range] | None
    threads: int

    def model(self, calibration: Sequence[Platt] = ()) -> bytes:
        """Return the ONNX model, with the calibration folded into its last layer."""
        weights = dict(_arrays(self.fitted))
        for k, platt in enumerate(calibration):
            weights["classifier.weight"][k] *= platt.slope
            weights["classifier.bias"][k] = weights["classifier.bias"][k] * platt.slope + platt.intercept
        return build(weights, _shape(self.fitted), self.ranges, pieces=len(self.fitted.pieces))

    def classifier(self, calibration: Sequence[Platt] = ()) -> EncoderClassifier:
        """Return the classifier that a bundle of this would hold."""
        tokenizer = self.fitted.tokenizer.to_str().encode()
        return EncoderClassifier(self.info, self.model(calibration), tokenizer, self.threads)


def _device(name: str) -> torch.device:
    try:
        device = torch.device(name)
        torch.zeros(1, device=device)
    except (RuntimeError, AssertionError):
        raise DeviceError(f"{name}: no such processor here for torch. Use --device cpu.") from None
    return device


def _passes(options: EncoderOptions, names: Sequence[str]) -> tuple[float, ...]:
    unknown = ", ".join(sorted(set(options.passes) - set(names)))
    if unknown:
        raise CorpusError(f"--passes {unknown}: not among the corpora, which are {', '.join(names)}.")
    wanted = PASSES | options.passes
    return tuple(wanted.get(name, 1.0) * options.epochs for name in names)


def _start(options: EncoderOptions, texts: list[str], labels: Sequence[int], corpora: int) -> tuple[Fitted, str]:
    """Return what training starts from, and the sha256 of its weights where an earlier training left them, else ""."""
    names = tuple(LABEL_NAMES[k] for k in labels)
    if not is_checkpoint(Path(options.base)):
        pretrained = find_pretrained(options.base)
        return fresh(pretrained, texts, names, corpora, options.pieces), ""
    fitted = read_checkpoint(Path(options.base), corpora)
    if fitted.labels != names:
        raise CorpusError(
            f"{options.base}: knows {', '.join(fitted.labels)}, and these corpora teach {', '.join(names)}. Start from "
            "other weights, or give corpora that teach the same."
        )
    return fitted, sha256_of(Path(options.base) / "model.safetensors")


def _calibrated(
    classifier: EncoderClassifier, texts: Sequence[str], rows: Rows, labels: Sequence[int], options: EncoderOptions
) -> list[Calibrated]:
    held_out = np.flatnonzero(rows.split != "train")
    logits = np.full((len(texts), len(labels)), np.nan)
    logits[held_out] = classifier.logits([texts[k] for k in held_out.tolist()])
    return [
        calibrate(lambda numbers, column=column: logits[numbers, column], rows, label, options.aim)  # type: ignore[misc]
        for column, label in enumerate(labels)
    ]


def _arrays(fitted: Fitted) -> dict[str, NDArray[np.float32]]:
    state = fitted.model.state_dict()
    return {k: v.detach().cpu().float().numpy().copy() for k, v in state.items() if k != "offsets"}


def _shape(fitted: Fitted) -> Shape:
    config = fitted.model.bert.config
    return Shape(config.num_attention_heads, config.layer_norm_eps)
