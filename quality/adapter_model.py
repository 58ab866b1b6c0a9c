"""The upper layers of the encoder in JAX, with narrow matrices beside each matrix, so that slopes can be
taken.

Only `fit_adapter` needs it, and JAX (`pip install jax`), which the desk does not install. The lower layers
are never changed: what comes out of them is worked out once for each text and kept.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import partial
from typing import Any

os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import NDArray

from dragoman.inbox.triage.encoders import weights as wheel
from dragoman.inbox.triage.encoders.fast import PREFIX
from dragoman.inbox.triage.encoders.pieces import Pieces
from dragoman.inbox.triage.encoders.texts import prepared

FROM = 6
RANK = 16
LONGEST = 96
MATRICES = ("q", "k", "v", "ao", "fi", "fo")
NORMS = ("aln", "oln")
Rows = NDArray[np.float32]
Tree = dict[str, Any]

WEIGHTS = wheel.load()


@jax.custom_vjp
def _times(x, turned, matrix, bias):  # type: ignore[no-untyped-def]
    return x @ turned + bias


def _times_forward(x, turned, matrix, bias):  # type: ignore[no-untyped-def]
    return x @ turned + bias, (matrix,)


def _times_back(kept, slope):  # type: ignore[no-untyped-def]
    # XLA multiplies by a turned matrix many times slower than by one that lies ready
    return slope @ kept[0], None, None, None


_times.defvjp(_times_forward, _times_back)


def frozen() -> Tree:
    """The weights of the wheel."""
    found: Tree = {"emb.ln": tuple(jnp.asarray(WEIGHTS.plain(f"emb.ln.{part}")) for part in "wb")}
    for number in range(WEIGHTS.layers):
        for name in MATRICES:
            site = f"l{number}.{name}"
            matrix = WEIGHTS.matrix(f"{site}.w", WEIGHTS.inner if name == "fo" else WEIGHTS.width)
            bias = jnp.asarray(WEIGHTS.plain(f"{site}.b"))
            found[site] = (jnp.asarray(np.ascontiguousarray(matrix.T)), jnp.asarray(matrix), bias)
        for name in NORMS:
            found[f"l{number}.{name}"] = tuple(
                jnp.asarray(WEIGHTS.plain(f"l{number}.{name}.{part}")) for part in "wb"
            )
    return found


def narrow(seed: int = 0) -> Tree:
    """What is fitted, at its beginning: it adds nothing yet."""
    dice = np.random.default_rng(seed)
    found: Tree = {}
    for number in range(FROM, WEIGHTS.layers):
        for name in MATRICES:
            into = WEIGHTS.inner if name == "fo" else WEIGHTS.width
            out = WEIGHTS.inner if name == "fi" else WEIGHTS.width
            down = dice.normal(0, 1 / np.sqrt(into), (into, RANK)).astype(np.float32)
            found[f"l{number}.{name}"] = (jnp.asarray(down), jnp.zeros((RANK, out), np.float32))
    return found


def _norm(x, given):  # type: ignore[no-untyped-def]
    middle = x.mean(-1, keepdims=True)
    spread = ((x - middle) ** 2).mean(-1, keepdims=True)
    return (x - middle) / jnp.sqrt(spread + WEIGHTS.epsilon) * given[0] + given[1]


def _linear(x, base: Tree, added: Tree, site: str):  # type: ignore[no-untyped-def]
    many, tokens, width = x.shape
    flat = x.reshape(many * tokens, width)
    y = _times(flat, *base[site])
    if site in added:
        down, up = added[site]
        y = y + (flat @ down) @ up
    return y.reshape(many, tokens, -1)


def _layer(x, mask, base: Tree, added: Tree, layer: str):  # type: ignore[no-untyped-def]
    many, tokens, _ = x.shape
    heads, size = WEIGHTS.heads, WEIGHTS.width // WEIGHTS.heads

    def parts(name: str):  # type: ignore[no-untyped-def]
        rows = _linear(x, base, added, f"{layer}.{name}").reshape(many, tokens, heads, size)
        return rows.transpose(0, 2, 1, 3)

    q, k, v = parts("q"), parts("k"), parts("v")
    seen = jnp.einsum("nhqd,nhkd->nhqk", q, k) / np.sqrt(size) + (1 - mask)[:, None, None, :] * -1e9
    mixed = jnp.einsum("nhqk,nhkd->nhqd", jax.nn.softmax(seen, -1), v).transpose(0, 2, 1, 3)
    mixed = mixed.reshape(many, tokens, -1)
    x = _norm(_linear(mixed, base, added, f"{layer}.ao") + x, base[f"{layer}.aln"])
    bent = jax.nn.gelu(_linear(x, base, added, f"{layer}.fi"), approximate=False)
    return _norm(_linear(bent, base, added, f"{layer}.fo") + x, base[f"{layer}.oln"])


def _lower(base: Tree, x, mask):  # type: ignore[no-untyped-def]
    x = _norm(x, base["emb.ln"])
    for number in range(FROM):
        x = _layer(x, mask, base, {}, f"l{number}")
    return x


def upper(base: Tree, added: Tree, x, mask):  # type: ignore[no-untyped-def]
    """From what the lower layers gave to vectors of length one."""
    for number in range(FROM, WEIGHTS.layers):
        x = _layer(x, mask, base, added, f"l{number}")
    mean = (x * mask[..., None]).sum(1) / mask.sum(1)[:, None]
    return mean / jnp.linalg.norm(mean, axis=-1, keepdims=True)


class Kept:
    """What the lower layers give for each text, worked out once."""

    def __init__(self) -> None:
        self.base = frozen()
        self._pieces = Pieces(WEIGHTS)
        self._positions = WEIGHTS.positions()
        self._held: dict[str, NDArray[np.float16]] = {}
        self._lower = jax.jit(_lower)
        self._upper = jax.jit(upper)

    def learn(self, texts: Sequence[str], batch: int = 32) -> None:
        """Work out those that are new."""
        new = [text for text in dict.fromkeys(texts) if text not in self._held]
        ids = {text: self._ids(text) for text in new}
        new.sort(key=lambda text: len(ids[text]))
        for start in range(0, len(new), batch):
            part = new[start : start + batch]
            tokens = -(-max(len(ids[text]) for text in part) // 8) * 8
            rows = np.full((batch, tokens), WEIGHTS.pad, np.int64)
            mask = np.zeros((batch, tokens), np.float32)
            mask[:, 0] = 1
            for row, text in enumerate(part):
                rows[row, : len(ids[text])] = ids[text]
                mask[row, : len(ids[text])] = 1
            x = WEIGHTS.words(rows.ravel()).reshape(batch, tokens, -1) + self._positions[:tokens]
            found = np.asarray(self._lower(self.base, x, mask))
            for row, text in enumerate(part):
                self._held[text] = found[row, : len(ids[text])].astype(np.float16)

    def _ids(self, text: str) -> list[int]:
        pieces = self._pieces.numbers(PREFIX + prepared(text))[: LONGEST - 2]
        return [WEIGHTS.begin, *pieces, WEIGHTS.end]

    def padded(self, texts: Sequence[str], tokens: int) -> tuple[Rows, Rows]:
        """What the upper layers take, cut or filled up to so many tokens."""
        x = np.zeros((len(texts), tokens, WEIGHTS.width), np.float32)
        mask = np.zeros((len(texts), tokens), np.float32)
        for row, text in enumerate(texts):
            held = self._held[text][:tokens]
            x[row, : len(held)] = held
            mask[row, : len(held)] = 1
        return x, mask

    def encode(self, added: Tree, texts: Sequence[str], batch: int = 64) -> Rows:
        """Vectors with what was added."""
        self.learn(texts)
        order = sorted(range(len(texts)), key=lambda place: len(self._held[texts[place]]))
        found = np.zeros((len(texts), WEIGHTS.width), np.float32)
        for start in range(0, len(order), batch):
            part = order[start : start + batch]
            chosen = [texts[place] for place in part] + [texts[part[0]]] * (batch - len(part))
            tokens = -(-max(len(self._held[text]) for text in chosen) // 8) * 8
            rows = np.asarray(partial(self._upper, self.base, added)(*self.padded(chosen, tokens)))
            found[part] = rows[: len(part)]
        return found
