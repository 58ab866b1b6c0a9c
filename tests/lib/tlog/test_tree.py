import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.lib.tlog import reference

from dragoman.lib.tlog import merkle, tiles
from dragoman.lib.tlog.errors import Malformed, Mismatch
from dragoman.lib.tlog.verify import entries

SIZES = [1, 2, 255, 256, 257, 511, 512, 65535, 65536, 65537]


class Folder(dict[str, bytes]):
    """A folder in memory that counts how often a file is written with other bytes."""

    def write(self, path: str, data: bytes) -> None:
        assert self.get(path, data) == data, f"{path} was written twice with different bytes"
        self[path] = data


@pytest.fixture(scope="module")
def grown() -> tuple[Folder, dict[int, bytes]]:
    """One log grown through every size, settled at each as a release would."""
    folder, roots = Folder(), {}
    growth = tiles.Growth(folder.write)
    for size in SIZES:
        while growth.size < size:
            growth.append(reference.entry(growth.size))
        growth.settle()
        roots[size] = growth.root
        growth = tiles.Growth.load(size, folder.__getitem__, folder.write)
        assert growth.root == roots[size]
    return folder, roots


@pytest.mark.parametrize("size", SIZES)
def test_the_root_is_that_of_the_definition(grown: tuple[Folder, dict[int, bytes]], size: int) -> None:
    assert grown[1][size] == reference.mth(0, size)


@pytest.mark.parametrize("size", SIZES)
def test_every_tile_is_that_of_the_definition(grown: tuple[Folder, dict[int, bytes]], size: int) -> None:
    folder = grown[0]
    for level in range(4):
        count = size // 256**level
        for number in {0, count // 256 - 1, count // 256}:
            width = min(256, count - number * 256)
            if number >= 0 and width > 0:
                assert folder[tiles.tile_path(level, number, width)] == reference.tile(level, number, width)


@pytest.mark.parametrize("size", SIZES)
def test_the_list_of_files_is_what_is_served(grown: tuple[Folder, dict[int, bytes]], size: int) -> None:
    folder = Folder()
    growth = tiles.Growth(folder.write)
    for number in range(size):
        growth.append(reference.entry(number))
    growth.settle()
    assert set(folder) == set(tiles.files_of(size))
    assert set(folder) <= set(grown[0])


def test_size_256_has_a_full_tile_and_one_of_width_1_above_it() -> None:
    assert set(tiles.files_of(256)) == {"tile/entries/000", "tile/0/000", "tile/1/000.p/1"}
    assert "tile/2/000.p/1" in set(tiles.files_of(65536))


@pytest.mark.parametrize("size", SIZES)
def test_inclusion_is_proved_from_the_tiles(grown: tuple[Folder, dict[int, bytes]], size: int) -> None:
    hashes = tiles.TileHashes(size, grown[0].__getitem__)
    draw = random.Random(size)  # noqa: S311 - a sample of places, the same in every run
    for index in {0, size - 1, size // 2, *(draw.randrange(size) for _ in range(20))}:
        proof = merkle.inclusion_proof(hashes, index, size)
        assert proof == reference.path(index, 0, size)
        merkle.check_inclusion(reference.leaf(index), index, size, proof, grown[1][size])


@pytest.mark.parametrize("new", SIZES)
@pytest.mark.parametrize("old", [0, *SIZES])
def test_consistency_is_proved_from_the_tiles(
    grown: tuple[Folder, dict[int, bytes]], old: int, new: int
) -> None:
    hashes = tiles.TileHashes(new, grown[0].__getitem__)
    if old > new:
        with pytest.raises(ValueError, match="no beginning"):
            merkle.consistency_proof(hashes, old, new)
        return
    proof = merkle.consistency_proof(hashes, old, new)
    if old:
        assert proof == reference.subproof(old, 0, new, True)
    merkle.check_consistency(old, new, proof, reference.mth(0, old), grown[1][new])


@given(st.integers(1, 700), st.data())
@settings(max_examples=150, deadline=None)
def test_a_changed_inclusion_proof_is_refused(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = reference.path(index, 0, size)
    root, leaf = reference.mth(0, size), reference.leaf(index)
    merkle.check_inclusion(leaf, index, size, proof, root)
    other = data.draw(st.integers(0, size + 1).filter(lambda i: i != index))
    wrong: list[tuple[bytes, int, int, list[bytes], bytes]] = [
        (leaf, other, size, proof, root),
        (leaf, index, size, [*proof, root], root),
        (merkle.leaf_hash(b"x"), index, size, proof, root),
        (leaf, index, size, proof, merkle.leaf_hash(b"x")),
    ]
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        flipped = bytes([proof[at][0] ^ 1]) + proof[at][1:]
        wrong += [
            (leaf, index, size, [*proof[:at], flipped, *proof[at + 1 :]], root),
            (leaf, index, size, proof[:-1], root),
            (leaf, index, size, [*proof[:at], b"short", *proof[at + 1 :]], root),
        ]
    for case in wrong:
        with pytest.raises(Mismatch):
            merkle.check_inclusion(*case)


@given(st.integers(1, 700), st.data())
@settings(max_examples=150, deadline=None)
def test_a_changed_consistency_proof_is_refused(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, new))
    proof = reference.subproof(old, 0, new, True)
    old_root, new_root = reference.mth(0, old), reference.mth(0, new)
    merkle.check_consistency(old, new, proof, old_root, new_root)
    bad = merkle.leaf_hash(b"x")
    wrong = [
        ([*proof, bad], old_root, new_root),
        (proof, bad, new_root),
        (proof, old_root, bad),
        *([(proof[:-1], old_root, new_root), ([bad, *proof[1:]], old_root, new_root)] if proof else []),
    ]
    for steps, first, second in wrong:
        with pytest.raises(Mismatch):
            merkle.check_consistency(old, new, steps, first, second)


def test_a_log_that_shrinks_is_refused() -> None:
    with pytest.raises(Mismatch):
        merkle.check_consistency(5, 4, [], reference.mth(0, 5), reference.mth(0, 4))


@pytest.mark.parametrize(
    ("number", "path"),
    [(0, "000"), (999, "999"), (1000, "x001/000"), (1234067, "x001/x234/067"), (67, "067")],
)
def test_a_tile_is_named_in_groups_of_three(number: int, path: str) -> None:
    assert tiles.tile_path(0, number) == f"tile/0/{path}"
    assert tiles.bundle_path(number, 17) == f"tile/entries/{path}.p/17"


@given(st.lists(st.binary(max_size=300), max_size=256))
def test_a_bundle_reads_back(items: list[bytes]) -> None:
    assert tiles.unpack(tiles.pack(items)) == items


@given(st.lists(st.binary(min_size=1, max_size=30), min_size=1, max_size=9), st.data())
def test_a_cut_bundle_is_refused(items: list[bytes], data: st.DataObject) -> None:
    packed = tiles.pack(items)
    cut = data.draw(st.integers(1, len(items[-1]) + 1))
    with pytest.raises(Malformed):
        tiles.unpack(packed[:-cut])


def test_an_entry_has_at_most_65535_bytes() -> None:
    growth = tiles.Growth(lambda path, data: None)
    growth.append(b"x" * 65535)
    with pytest.raises(Malformed):
        growth.append(b"x" * 65536)


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512])
def test_one_flipped_bit_in_any_file_is_found(size: int) -> None:
    folder = Folder()
    growth = tiles.Growth(folder.write)
    for number in range(size):
        growth.append(reference.entry(number))
    growth.settle()
    assert list(entries(size, growth.root, folder.__getitem__)) == [reference.entry(i) for i in range(size)]
    draw = random.Random(size)  # noqa: S311 - a sample of places, the same in every run
    for path, data in folder.items():
        at = draw.randrange(len(data))
        broken = Folder(folder)
        broken[path] = data[:at] + bytes([data[at] ^ 1 << draw.randrange(8)]) + data[at + 1 :]
        with pytest.raises(Mismatch):
            list(entries(size, growth.root, broken.__getitem__))


def test_a_large_log_is_read_whole(grown: tuple[Folder, dict[int, bytes]]) -> None:
    folder, roots = grown
    assert sum(1 for _ in entries(65537, roots[65537], folder.__getitem__)) == 65537
    for path in ("tile/1/000", "tile/2/000.p/1", "tile/0/255", "tile/entries/128", "tile/0/256.p/1"):
        broken = Folder(folder)
        broken[path] = broken[path][:-1] + bytes([broken[path][-1] ^ 1])
        with pytest.raises(Mismatch):
            list(entries(65537, roots[65537], broken.__getitem__))
