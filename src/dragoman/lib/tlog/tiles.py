"""The tree as static files (tlog-tiles): hash tiles 256 wide, and bundles of 256 entries.

A file is named relative to the log's address: `tile/0/x001/234.p/17`, `tile/entries/000`.
"""

from collections.abc import Callable, Iterator, Sequence

from dragoman.lib.tlog import merkle
from dragoman.lib.tlog.errors import Malformed, Mismatch

WIDTH = 256
LARGEST_ENTRY = 0xFFFF

Read = Callable[[str], bytes]
"""path -> bytes. Raises what the caller chooses when there is no such file."""
Write = Callable[[str, bytes], None]


def tile_path(level: int, number: int, width: int = WIDTH) -> str:
    """The path of a hash tile; `width` below 256 means a partial one."""
    return f"tile/{level}/{_number(number)}{_partial(width)}"


def bundle_path(number: int, width: int = WIDTH) -> str:
    """The path of an entry bundle; `width` below 256 means a partial one."""
    return f"tile/entries/{_number(number)}{_partial(width)}"


def files_of(size: int) -> Iterator[str]:
    """Every file that a log of `size` entries must serve besides the checkpoint."""
    for number, width in _pieces(size):
        yield bundle_path(number, width)
    level, count = 0, size
    while count:
        for number, width in _pieces(count):
            yield tile_path(level, number, width)
        level, count = level + 1, count // WIDTH


def pack(entries: Sequence[bytes]) -> bytes:
    """The bytes of an entry bundle. Raises Malformed for an entry of more than 65,535 bytes."""
    if any(len(entry) > LARGEST_ENTRY for entry in entries):
        raise Malformed(f"an entry of a log is at most {LARGEST_ENTRY} bytes long")
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def unpack(data: bytes) -> list[bytes]:
    """The entries in a bundle. Raises Malformed when the bytes end in the middle of one."""
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if at + 2 > len(data) or end > len(data):
            raise Malformed("the bundle ends in the middle of an entry")
        entries.append(data[at + 2 : end])
        at = end
    return entries


def hashes_in(data: bytes, width: int) -> list[bytes]:
    """The hashes in a tile. Raises Malformed unless there are exactly `width`."""
    if len(data) != width * merkle.HASH_SIZE:
        raise Malformed(f"the tile has {len(data)} bytes and should have {width * merkle.HASH_SIZE}")
    return [data[at : at + merkle.HASH_SIZE] for at in range(0, len(data), merkle.HASH_SIZE)]


class Growth:
    """A log that grows at its right edge, and writes each tile and bundle as it fills.

    Keeps only the edge in memory: the unfilled tile of each level and the unfilled bundle. Partial files
    are written by `settle`, which must come before a checkpoint of that size is published.
    """

    def __init__(self, write: Write) -> None:
        self.size = 0
        self._write = write
        self._edge: list[list[bytes]] = [[]]
        self._bundle: list[bytes] = []

    @classmethod
    def load(cls, size: int, read: Read, write: Write) -> "Growth":
        """Take up a log of `size` entries where its files end. The caller compares `root` with a signed
        one before it trusts what was read. Raises Malformed for a file of the wrong shape."""
        growth = cls(write)
        growth.size = size
        number, width = divmod(size, WIDTH)
        if width:
            growth._bundle = unpack_exactly(read(bundle_path(number, width)), width)
        growth._edge = []
        level, count = 0, size
        while count or not growth._edge:
            number, width = divmod(count, WIDTH)
            growth._edge.append(hashes_in(read(tile_path(level, number, width)), width) if width else [])
            level, count = level + 1, count // WIDTH
        return growth

    @property
    def root(self) -> bytes:
        """The root over all entries so far."""
        return merkle.fold(peak for row in reversed(self._edge) for peak in merkle.row_peaks(row))

    @property
    def edge_entries(self) -> tuple[bytes, ...]:
        """The entries in the unfilled bundle."""
        return tuple(self._bundle)

    @property
    def edge_hashes(self) -> tuple[bytes, ...]:
        """The leaf hashes in the unfilled tile."""
        return tuple(self._edge[0])

    def append(self, entry: bytes) -> None:
        """Add one entry; writes the bundle and the tiles that it fills."""
        if len(entry) > LARGEST_ENTRY:
            raise Malformed(f"an entry of a log is at most {LARGEST_ENTRY} bytes long")
        self._bundle.append(entry)
        if len(self._bundle) == WIDTH:
            self._write(bundle_path(self.size // WIDTH), pack(self._bundle))
            self._bundle = []
        self._push(0, merkle.leaf_hash(entry))
        self.size += 1

    def settle(self) -> None:
        """Write the partial bundle and tiles of the present size."""
        number, width = divmod(self.size, WIDTH)
        if width:
            self._write(bundle_path(number, width), pack(self._bundle))
        level, count = 0, self.size
        while count:
            number, width = divmod(count, WIDTH)
            if width:
                self._write(tile_path(level, number, width), b"".join(self._edge[level]))
            level, count = level + 1, count // WIDTH

    def _push(self, level: int, digest: bytes) -> None:
        if level == len(self._edge):
            self._edge.append([])
        row = self._edge[level]
        row.append(digest)
        if len(row) == WIDTH:
            number = (self.size >> (8 * level)) // WIDTH
            self._write(tile_path(level, number), b"".join(row))
            self._edge[level] = []
            self._push(level + 1, merkle.perfect_root(row))


class TileHashes:
    """The hashes of a log of `size` entries, read from its tiles as they are needed.

    Used as a function (level, index) -> hash. Checks the shape of what it reads and not its truth: prove
    against a signed root before trusting an answer.
    """

    def __init__(self, size: int, read: Read) -> None:
        self._size = size
        self._read = read
        self._tiles: dict[tuple[int, int], list[bytes]] = {}
        self._inner: dict[tuple[int, int], bytes] = {}

    def __call__(self, level: int, index: int) -> bytes:
        row, inner = divmod(level, 8)
        if inner == 0:
            number, place = divmod(index, WIDTH)
            return self._tile(row, number)[place]
        if (level, index) not in self._inner:
            first = index << inner
            number, place = divmod(first, WIDTH)
            hashes = self._tile(row, number)[place : place + (1 << inner)]
            self._inner[level, index] = merkle.perfect_root(hashes)
        return self._inner[level, index]

    def _tile(self, row: int, number: int) -> list[bytes]:
        if (row, number) not in self._tiles:
            width = min(WIDTH, (self._size >> (8 * row)) - number * WIDTH)
            if width < 1:
                raise Mismatch(f"a log of {self._size} entries has no tile {tile_path(row, number)}")
            self._tiles[row, number] = hashes_in(self._read(tile_path(row, number, width)), width)
        return self._tiles[row, number]


def unpack_exactly(data: bytes, width: int) -> list[bytes]:
    """The entries in a bundle of `width`. Raises Malformed for any other number."""
    entries = unpack(data)
    if len(entries) != width:
        raise Malformed(f"the bundle has {len(entries)} entries and should have {width}")
    return entries


def _pieces(count: int) -> Iterator[tuple[int, int]]:
    full, rest = divmod(count, WIDTH)
    for number in range(full):
        yield number, WIDTH
    if rest:
        yield full, rest


def _number(number: int) -> str:
    if number < 0:
        raise ValueError("tiles are counted from 0")
    digits = str(number)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    return "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])


def _partial(width: int) -> str:
    if not 0 < width <= WIDTH:
        raise ValueError(f"no tile is {width} wide")
    return "" if width == WIDTH else f".p/{width}"
