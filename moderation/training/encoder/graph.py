"""The encoder as an ONNX graph, in full precision or with 8-bit matrix products, from plain arrays.

The graph is put together by hand and not traced: this way it holds onnxruntime's fused operators, and one input, the
tokens. Scales of activations are fixed beforehand (static quantisation), so that a comment's score does not depend on
those it was scored with. Weights take 7 bits: processors without VNNI add pairs of products in 16 bits, which 8 bits
would overflow. Ranges are evened out between activations and weights as in SmoothQuant (Xiao et al. 2023).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from moderation.classifiers.encoder import PIECES

Weights = Mapping[str, NDArray[np.float32]]
"""By name, as in a checkpoint's model.safetensors."""

_FUSED = "com.microsoft"  # the domain of onnxruntime's own operators
_OPSET, _IR = 17, 9
_LEVELS = 63  # of a weight, to each side of zero
_SHARE = 0.5
_SHARES = {"narrow": 0.9}
"""How much of the differences between channels the weights take over. A few channels of what GELU gives are a hundred
times as wide as the others: left to the activations, they cost more than all else (docs/encoder.md)."""


@dataclass(frozen=True, slots=True, eq=False)
class Range:
    """What the input of one matrix product was seen to be, by channel: float32 (channels,) each."""

    low: NDArray[np.float32]
    high: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Shape:
    """The numbers of the network that its weights do not tell."""

    heads: int
    epsilon: float


class _Graph:
    """Nodes and constants under construction."""

    def __init__(self, ranges: Mapping[str, Range] | None) -> None:
        self.ranges = ranges
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}
        self.inputs: dict[str, str] = {}  # of matrix products: name of the product to name of its input

    def constant(self, name: str, value: Any) -> str:
        self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(value).reshape(np.shape(value)), name)
        return name

    def node(self, operator: str, inputs: Sequence[str], domain: str = "", **attributes: Any) -> str:
        return self.split(operator, inputs, 1, domain, **attributes)[0]

    def split(
        self, operator: str, inputs: Sequence[str], outputs: int, domain: str = "", **attributes: Any
    ) -> list[str]:
        names = [f"{operator}.{len(self.nodes)}.{k}" for k in range(outputs)]
        self.nodes.append(helper.make_node(operator, list(inputs), names, domain=domain, **attributes))
        return names

    def product(self, name: str, x: str, weight: NDArray[np.float32], bias: NDArray[np.float32]) -> str:
        """Add x @ weight.T + bias: with 8-bit integers where the range of x is known."""
        self.inputs[name] = x
        matrix = np.ascontiguousarray(weight.T)
        if self.ranges is None:
            return self.node(
                "Add", [self.node("MatMul", [x, self.constant(f"{name}.w", matrix)]), self.constant(f"{name}.b", bias)]
            )
        seen = self.ranges[name]
        even = _evened(seen, matrix, _SHARES.get(name.rpartition(".")[2], _SHARE))
        low, high = min(float((seen.low / even).min()), 0.0), max(float((seen.high / even).max()), 0.0)
        step = np.float32(max(high - low, 1e-6) / 255)
        zero = np.uint8(np.clip(round(-low / step), 0, 255))
        matrix = matrix * even[:, None]
        steps = (np.maximum(np.abs(matrix).max(axis=0), 1e-9) / _LEVELS).astype(np.float32)
        whole = np.clip(np.round(matrix / steps), -_LEVELS, _LEVELS).astype(np.int8)
        evened = self.node("Mul", [x, self.constant(f"{name}.even", (1 / even).astype(np.float32))])
        scale, offset = self.constant(f"{name}.step", step), self.constant(f"{name}.zero", zero)
        quantised = self.node("QuantizeLinear", [evened, scale, offset])
        return self.node(
            "MatMulIntegerToFloat",
            [
                quantised,
                self.constant(f"{name}.w", whole),
                scale,
                self.constant(f"{name}.steps", steps),
                offset,
                "",
                self.constant(f"{name}.b", bias),
            ],
            _FUSED,
        )


def _evened(seen: Range, matrix: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """Return what each channel is divided by before it is quantised: its range to the power of `share`, over that of
    its weights to the power of 1 - share.
    """
    most = np.maximum(np.maximum(np.abs(seen.low), np.abs(seen.high)), 1e-3)
    weights = np.maximum(np.abs(matrix).max(axis=1), 1e-3)
    result = most**share / weights ** (1 - share)
    return np.asarray(result / result.mean(), np.float32)


def build(
    weights: Weights,
    shape: Shape,
    ranges: Mapping[str, Range] | None = None,
    *,
    pieces: int = 0,
    observed: bool = False,
) -> bytes:
    """Return the ONNX model: int64 tokens (n, length), padded with 0, to float32 logits (n, labels).

    With `ranges` (by name of the matrix product) products are in 8 bits, else in full precision. The model notes how
    many `pieces` its tokenizer has. `observed` makes the inputs of the products outputs, too, under "name.in".
    """
    graph = _Graph(ranges)
    x, mask = _embedded(graph, weights, shape)
    layers = 1 + max(int(name.split(".")[3]) for name in weights if name.startswith("bert.encoder.layer."))
    for layer in range(layers):
        x = _layer(graph, f"bert.encoder.layer.{layer}.", x, mask, weights, shape)
    _head(graph, x, mask, weights, shape)
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["n", len(weights["classifier.bias"])])]
    if observed:
        for name, inside in graph.inputs.items():
            graph.nodes.append(helper.make_node("Identity", [inside], [f"{name}.in"]))
            outputs.append(helper.make_tensor_value_info(f"{name}.in", TensorProto.FLOAT, None))
    tokens = helper.make_tensor_value_info("tokens", TensorProto.INT64, ["n", "length"])
    body = helper.make_graph(graph.nodes, "encoder", [tokens], outputs, list(graph.constants.values()))
    opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_FUSED, 1)]
    model = helper.make_model(body, opset_imports=opsets, producer_name="moderation")
    model.ir_version = _IR
    helper.set_model_props(model, {PIECES: str(pieces)})
    result: bytes = model.SerializeToString(deterministic=True)
    return result


def _embedded(graph: _Graph, weights: Weights, shape: Shape) -> tuple[str, str]:
    """Add the embeddings of the tokens; return them and the mask, int32 (n, length)."""
    start = "bert.embeddings."
    words = weights[start + "word_embeddings.weight"]
    if graph.ranges is None:
        x = graph.node("Gather", [graph.constant("words", words), "tokens"])
    else:
        steps = (np.maximum(np.abs(words).max(axis=1), 1e-9) / 127).astype(np.float32)
        whole = np.round(words / steps[:, None]).astype(np.int8)
        gathered = graph.node("Gather", [graph.constant("words", whole), "tokens"])
        scales = graph.node("Gather", [graph.constant("words.steps", steps[:, None]), "tokens"])
        x = graph.node("Mul", [graph.node("Cast", [gathered], to=TensorProto.FLOAT), scales])
    places = weights[start + "position_embeddings.weight"] + weights[start + "token_type_embeddings.weight"][0]
    zero, one = graph.constant("zero", np.array([0])), graph.constant("one", np.array([1]))
    length = graph.node("Gather", [graph.node("Shape", ["tokens"]), one])
    x = graph.node("Add", [x, graph.node("Slice", [graph.constant("places", places), zero, length, zero])])
    norm = [graph.constant(f"first.{part}", weights[f"{start}LayerNorm.{part}"]) for part in ("weight", "bias")]
    x = graph.node("LayerNormalization", [x, *norm], epsilon=shape.epsilon)
    unpadded = graph.node("Not", [graph.node("Equal", ["tokens", graph.constant("pad", np.array(0))])])
    return x, graph.node("Cast", [unpadded], to=TensorProto.INT32)


def _layer(graph: _Graph, name: str, x: str, mask: str, weights: Weights, shape: Shape) -> str:
    def both(part: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        return weights[f"{name}{part}.weight"], weights[f"{name}{part}.bias"]

    def normed(y: str, part: str) -> str:
        constants = [
            graph.constant(name + part + end, value) for end, value in zip(("w", "b"), both(part), strict=True)
        ]
        # onnxruntime's fused SkipLayerNormalization takes five times as long.
        return graph.node("LayerNormalization", [graph.node("Add", [y, x]), *constants], epsilon=shape.epsilon)

    three = [both(f"attention.self.{part}") for part in ("query", "key", "value")]
    joined = graph.product(
        name + "attend", x, np.concatenate([w for w, _ in three]), np.concatenate([b for _, b in three])
    )
    width = len(three[0][1])
    parts = graph.split("Split", [joined, graph.constant("thirds", np.array([width] * 3))], 3, axis=2)
    attended = graph.node("MultiHeadAttention", [*parts, "", mask], _FUSED, num_heads=shape.heads)
    x = normed(graph.product(name + "collect", attended, *both("attention.output.dense")), "attention.output.LayerNorm")
    wide = graph.node("Gelu", [graph.product(name + "widen", x, *both("intermediate.dense"))], _FUSED)
    return normed(graph.product(name + "narrow", wide, *both("output.dense")), "output.LayerNorm")


def _head(graph: _Graph, x: str, mask: str, weights: Weights, shape: Shape) -> None:
    along, last = graph.constant("along", np.array([1])), graph.constant("last", np.array([-1]))
    weight = graph.node("Unsqueeze", [graph.node("Cast", [mask], to=TensorProto.FLOAT), last])
    total = graph.node("ReduceSum", [graph.node("Mul", [x, weight]), along], keepdims=0)
    mean = graph.node("Div", [total, graph.node("ReduceSum", [weight, along], keepdims=0)])
    width = len(weights["pooler.bias"])
    plain = [
        graph.constant("plain.w", np.ones(width, np.float32)),
        graph.constant("plain.b", np.zeros(width, np.float32)),
    ]
    pooled = graph.node("LayerNormalization", [mean, *plain], epsilon=shape.epsilon)

    def dense(y: str, part: str) -> list[str]:
        return [y, *(graph.constant(f"{part}.{end}", weights[f"{part}.{end}"]) for end in ("weight", "bias"))]

    moved = graph.node("Tanh", [graph.node("Gemm", dense(pooled, "pooler"), transB=1)])
    graph.nodes.append(helper.make_node("Gemm", dense(moved, "classifier"), ["logits"], transB=1))
