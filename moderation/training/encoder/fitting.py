"""The training loop: batches in, the best weights out. Checkpoints let a killed run go on to the same result.

AdamW (Loshchilov and Hutter 2019) with a linear warm-up and decay. What is learned is a `Course`: labels (labelling.py)
or hidden words (adapting.py).
"""

import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from moderation.atomic import written_aside
from moderation.errors import ModerationError
from moderation.training.encoder.network import PAD

Progress = Callable[[str, int, int], None]
Measure = Callable[[Any], float]

CHECKPOINT = "checkpoint.safetensors"
_WARM_UP = 0.06
_HEAD_RATE = 5.0  # the head starts from nothing, the layers below it from pretrained weights
_MOMENTS = ("exp_avg", "exp_avg_sq", "step")


@dataclass(frozen=True, slots=True)
class FitOptions:
    """How to fit.

    `rate` is the highest learning rate, `batch_tokens` the most tokens in a batch, `hidden` the share of tokens that
    are hidden, `dropout` the share of activations that are. `bfloat16` multiplies matrices in 16 bits and keeps weights
    in 32: half the time on processors that have the instructions, several times slower on others. The model is measured
    first and every `check_every` steps, training stops after a `patience` (0 to 1) of all steps without a better check:
    while the rate is high, a course that goes on from good weights is worse than them for long. A checkpoint is written
    every `save_seconds`.
    """

    rate: float = 1e-4
    batch_tokens: int = 2048
    hidden: float = 0.08
    dropout: float = 0.0
    bfloat16: bool = False
    weight_decay: float = 0.01
    seed: int = 1
    check_every: int = 250
    patience: float = 0.5
    save_seconds: float = 240.0


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """What is learned: batches of row numbers in their order, and the loss of a batch at a step. `name` tells it from
    others, by all that is learned, so that a run does not go on from the checkpoint of another.
    """

    plan: Sequence[NDArray[np.int64]]
    loss: Callable[[Any, NDArray[np.int64], int], Tensor]
    name: str


@dataclass(slots=True, eq=False)
class _Run:
    """What a checkpoint holds: the model and the optimizer after `step` steps, and the best weights so far."""

    model: nn.Module
    optimizer: torch.optim.AdamW
    best_weights: dict[str, Tensor]
    step: int = 0
    best: float = -np.inf
    best_step: int = 0


def run_name(course: str, options: FitOptions, start: nn.Module) -> str:
    """Return what tells a run from others: its options, the name of its course, the weights that it starts from."""
    weights = [tensor.detach().cpu().numpy() for _, tensor in sorted(start.state_dict().items())]
    return json.dumps(asdict(options) | {"course": course, "start": digest(weights)})


def digest(arrays: Iterable[NDArray[Any]]) -> str:
    """Return what tells arrays from others."""
    state = blake2b(digest_size=16)
    for array in arrays:
        state.update(f"{array.dtype.str}{array.shape}".encode())
        state.update(np.ascontiguousarray(array).data)
    return state.hexdigest()


def padded(tokens: Sequence[NDArray[np.int32]]) -> Tensor:
    """Return rows of token numbers as int64 (n, longest), padded on the right."""
    result = np.full((len(tokens), max(len(row) for row in tokens)), PAD, np.int64)
    for k, row in enumerate(tokens):
        result[k, : len(row)] = row
    return torch.from_numpy(result)


def fit(
    model: nn.Module, course: Course, measure: Measure | None, options: FitOptions, work: Path, progress: Progress
) -> dict[str, float]:
    """Train `model` in place and leave the weights in it that `measure` (higher is better) liked best, or the last ones
    where there is no measure.

    Goes on from the checkpoint in the folder `work`, where one of the same run lies there. Returns what was reached.
    Raises ModerationError for a checkpoint of another run, or a loss that is no number.
    """
    plan = course.plan
    if not plan:  # nothing to learn: the weights are only to be exported
        score = measure(model) if measure else 0.0
        return {"measure": round(score, 4), "best_step": 0, "steps": 0, "examples": 0}
    for layer in model.modules():
        if isinstance(layer, nn.Dropout):
            layer.p = options.dropout
    run = _Run(model, _optimizer(model, options), _copy(model))
    name = run_name(course.name, options, model)
    file = work / CHECKPOINT
    if file.exists():
        _load(run, file, name)
    elif measure:
        run.best = measure(model)  # a course that goes on from good weights may find no better ones
    behind = np.cumsum([len(batch) for batch in plan])
    first, started, saved = run.step, time.monotonic(), time.monotonic()
    since = torch.zeros((), device=next(model.parameters()).device)  # the losses: looking at each would stall a GPU
    while run.step < len(plan) and (not measure or run.step - run.best_step < options.patience * len(plan)):
        since += _learn(run, course, options)
        ended = run.step == len(plan)
        if ended or run.step % options.check_every == 0:
            if not torch.isfinite(since):
                raise ModerationError(
                    f"step {run.step}: the loss is no number any more. Start again with a lower --rate."
                )
            score = measure(model) if measure else float(run.step)
            if score > run.best:
                run.best, run.best_step, run.best_weights = score, run.step, _copy(model)
        if ended or time.monotonic() - saved > options.save_seconds:
            _save(run, file, name)
            saved = time.monotonic()
        seen = behind[run.step - 1] - (behind[first - 1] if first else 0)
        speed = seen / (time.monotonic() - started)
        left = (behind[-1] - behind[run.step - 1]) / speed / 60
        said = f", best {run.best:.3f}" if measure else ""
        progress(f"({speed:.0f} examples/s, {left:.0f} min left{said})", run.step, len(plan))
    model.load_state_dict(run.best_weights)
    reached = round(run.best, 4) if measure else 0.0
    return {"measure": reached, "best_step": run.best_step, "steps": run.step, "examples": int(behind[run.step - 1])}


def _learn(run: _Run, course: Course, options: FitOptions) -> Tensor:
    """Make one step; return its loss, which nothing has waited for."""
    run.model.train()
    rate = _rate(run.step / len(course.plan))
    for group in run.optimizer.param_groups:
        group["lr"] = group["highest"] * rate
    torch.manual_seed(options.seed + run.step)  # of the dropout: a run that goes on draws the same
    loss = course.loss(run.model, course.plan[run.step], run.step)
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_(run.model.parameters(), 1.0)
    run.optimizer.step()
    run.optimizer.zero_grad(set_to_none=True)
    run.step += 1
    return loss.detach()


def _rate(done: float) -> float:
    return min(done / _WARM_UP, (1 - done) / (1 - _WARM_UP)) + 1e-3


def _optimizer(model: nn.Module, options: FitOptions) -> torch.optim.AdamW:
    groups = [
        {
            "params": [parameter],
            "weight_decay": options.weight_decay if parameter.dim() > 1 else 0.0,
            "highest": options.rate * (1.0 if name.startswith("bert.") else _HEAD_RATE),
        }
        for name, parameter in model.named_parameters()
    ]
    return torch.optim.AdamW(groups, lr=options.rate, betas=(0.9, 0.98), fused=True)


def _copy(model: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}


def _save(run: _Run, file: Path, name: str) -> None:
    tensors = {f"model/{k}": v for k, v in run.model.state_dict().items()}
    tensors |= {f"best/{k}": v for k, v in run.best_weights.items()}
    for k, moments in run.optimizer.state_dict()["state"].items():
        tensors |= {f"optimizer/{k}/{moment}": moments[moment] for moment in _MOMENTS}
    state = {"run": name, "step": str(run.step), "best": repr(run.best), "best_step": str(run.best_step)}
    with written_aside(file) as out:
        out.write(save({k: v.contiguous().cpu() for k, v in tensors.items()}, metadata=state))


def _load(run: _Run, file: Path, name: str) -> None:
    try:
        with safe_open(file, "pt") as opened:
            state = opened.metadata()
            tensors = {key: opened.get_tensor(key) for key in opened.keys()}  # noqa: SIM118 - it is no dict
    except (SafetensorError, OSError):
        raise ModerationError(f"{file}: not a checkpoint that can be read. Remove it to start again.") from None
    if state["run"] != name:
        raise ModerationError(
            f"{file}: a checkpoint of a run with other options or other corpora. Remove it, or give another --work."
        )

    device = next(run.model.parameters()).device

    def under(start: str) -> dict[str, Tensor]:
        return {k.removeprefix(start): v.to(device) for k, v in tensors.items() if k.startswith(start)}

    run.model.load_state_dict(under("model/"))
    run.best_weights = under("best/")
    whole = run.optimizer.state_dict()
    count = sum(len(group["params"]) for group in whole["param_groups"])
    whole["state"] = {k: moments for k in range(count) if (moments := under(f"optimizer/{k}/"))}
    run.optimizer.load_state_dict(whole)
    run.step, run.best, run.best_step = int(state["step"]), float(state["best"]), int(state["best_step"])
