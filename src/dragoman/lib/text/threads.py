"""A long text as several posts: cut after a paragraph, else after a sentence, else between words. Pure.

Whoever calls says how much each atom of the text weighs: a grapheme cluster, a whole link. A cut never falls
inside an atom, and inside a word only where a single word fills a whole post. Between two posts nothing is
dropped but white space. Each post of several ends with its number, ` (2/5)`.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from dragoman.lib.text.unicode_re import regex

_CLUSTER = regex.compile(r"\X")
# A full stop of any script, then whatever closes it; and what may not follow ("Art. 5" and "e.g. this" are
# no ends). East Asian stops need no space after them.
_STOP = regex.compile(r"""[.!?…؟۔।॥。！？]["'”’»)\]」』）]*$""")
_GOES_ON = regex.compile(r"[\p{Ll}\p{N}]")
_TIGHT_STOP = regex.compile(r"""[。！？]["'”’»）」』]*(?=\S)""")
_SPACE = regex.compile(r"\s+")

Gaps = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Atom:
    """A stretch of the source that is never cut: where it ends and how much it weighs."""

    end: int
    weight: int


@dataclass(frozen=True, slots=True)
class Slice:
    """One post: `source[start:end]` was taken, and `text` has its number too."""

    start: int
    end: int
    text: str


def atoms(source: str, whole: Sequence[tuple[int, int, int]] = ()) -> list[Atom]:
    """Grapheme clusters, each of weight 1; each (start, end, weight) of `whole` is an atom of its own."""
    found: list[Atom] = []
    at = 0
    for start, end, weight in sorted(whole):
        found += [Atom(at + match.end(), 1) for match in _CLUSTER.finditer(source[at:start])]
        found.append(Atom(end, weight))
        at = end
    return found + [Atom(at + match.end(), 1) for match in _CLUSTER.finditer(source[at:])]


def split(source: str, weigh: Callable[[str], Sequence[Atom]], *, limit: int, most: int) -> tuple[Slice, ...]:
    """The source as posts of at most `limit`. Empty when it would take more than `most` of them.

    A number weighs as much as it has characters.
    """
    source = source.strip()
    parts = list(weigh(source))
    if sum(atom.weight for atom in parts) <= limit:
        return (Slice(0, len(source), source),)
    cutter = _Cutter(source, parts)
    digits = 1
    while True:
        # The number's width must be known before the cut, and the cut gives how many there are.
        cuts = cutter.all(limit - len(f" ({'9' * digits}/{'9' * digits})"), most)
        if len(str(len(cuts))) <= digits:
            break
        digits += 1
    return tuple(Slice(a, b, f"{source[a:b]} ({n}/{len(cuts)})") for n, (a, b) in enumerate(cuts, 1))


class _Cutter:
    """Finds where to cut one source. Weights are kept as running sums, so each cut is a look-up."""

    def __init__(self, source: str, parts: Sequence[Atom]) -> None:
        self.source = source
        self.ends = [atom.end for atom in parts]
        self.sums = list(accumulate(atom.weight for atom in parts))
        paragraphs, sentences, words = _gaps(source)
        # Best kind first, and how much of a post it must fill: a title is no post of its own.
        self.gaps = [(paragraphs, 0.5), (sentences, 0.0), (paragraphs, 0.0), (words, 0.0)]

    def all(self, room: int, most: int) -> Gaps:
        """The cuts, each of at most `room`; empty when there are more than `most`."""
        cuts: Gaps = []
        start = 0
        while start < len(self.source):
            if len(cuts) == most:
                return []
            end, following = self.next(start, room)
            cuts.append((start, end))
            start = following
        return cuts

    def next(self, start: int, room: int) -> tuple[int, int]:
        """Where the post that begins at `start` ends, and where the one after it begins."""
        reach = self._reach(start, room)
        if reach >= len(self.source):
            return len(self.source), len(self.source)
        for gaps, filled in self.gaps:
            at = bisect_right(gaps, (reach, len(self.source))) - 1
            if at >= 0 and gaps[at][0] > start + (reach - start) * filled:
                return gaps[at]
        return reach, reach

    def _reach(self, start: int, room: int) -> int:
        first = bisect_right(self.ends, start)
        spent = self.sums[first - 1] if first else 0
        last = bisect_right(self.sums, spent + room)
        return self.ends[max(last, first + 1) - 1]


def _gaps(source: str) -> tuple[Gaps, Gaps, Gaps]:
    """Between paragraphs, sentences, words: where the text before ends, and where the text after begins."""
    words = [match.span() for match in _SPACE.finditer(source)]
    paragraphs = [gap for gap in words if source.count("\n", *gap) > 1]
    sentences = [gap for gap in words if _ends_sentence(source, *gap)]
    sentences += [(match.end(), match.end()) for match in _TIGHT_STOP.finditer(source)]
    return paragraphs, sorted(sentences), words


def _ends_sentence(source: str, end: int, following: int) -> bool:
    return bool(_STOP.search(source[max(0, end - 8) : end])) and not _GOES_ON.match(source, following)
