"""A policy is changed by name, drawn as a tree, and always reads back as it was meant."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.lib.tlog import naming, note, policy, quorum
from dragoman.lib.tlog.errors import Malformed

LOG = note.SignerKey("record.example.int/statements", b"\x01" * 32).verifier
BARE = policy.Policy((policy.Log(LOG),))


def vkey(name: str) -> str:
    return str(note.SignerKey(name, name.encode().ljust(32, b"."), note.COSIGNATURE).verifier)


def grown(*names: str, needed: str = "") -> policy.Policy:
    found = BARE
    for name in names:
        found = naming.add(found, vkey(name), f"https://{name}.example.int")
    return naming.add(found, vkey("last"), "", needed=needed) if needed else found


def test_the_first_witness_makes_a_group_and_the_quorum() -> None:
    one = grown("north")
    assert str(one).splitlines()[1:] == [
        f"witness north {vkey('north')} https://north.example.int",
        "group outside 1 north",
        "quorum outside",
    ]
    assert grown("north", "south").needed() == 1
    assert grown("north", "south", needed="all").needed() == 3
    assert grown("north", needed="2").groups["outside"].needed == 2


def test_groups_are_named_when_there_are_several() -> None:
    two = naming.add(grown("north"), vkey("paper"), "", group="press")
    assert two.quorum == "outside"
    with pytest.raises(Malformed, match="several groups"):
        naming.add(two, vkey("east"), "")
    assert naming.add(two, vkey("east"), "", group="press").groups["press"].members == ("paper", "east")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ((vkey("north"), ""), "taken"),
        ((vkey("outside"), ""), "taken"),
        (("nonsense", ""), "three parts"),
        ((str(LOG), ""), "kind"),
        ((vkey("east"), "https://a b"), "no space"),
    ],
)
def test_what_cannot_stand_in_a_policy_is_refused(given: tuple[str, str], why: str) -> None:
    with pytest.raises(Malformed, match=why):
        naming.add(grown("north"), *given)


def test_one_key_is_not_two_witnesses() -> None:
    same = note.SignerKey("other", b"north".ljust(32, b"."), note.COSIGNATURE).verifier
    with pytest.raises(Malformed, match="twice"):
        naming.add(grown("north"), str(same), "")


@pytest.mark.parametrize("needed", ["0", "3", "-1", "many"])
def test_no_more_can_be_asked_than_there_are(needed: str) -> None:
    with pytest.raises(Malformed):
        naming.add(grown("north"), vkey("south"), "", needed=needed)


def test_taking_one_out_never_lowers_the_number_in_silence() -> None:
    three = grown("north", "south", needed="all")
    with pytest.raises(Malformed, match="3 of 2"):
        naming.remove(three, "south")
    two = naming.remove(three, "south", needed="all")
    assert (two.needed(), list(two.witnesses)) == (2, ["north", "last"])
    assert naming.remove(two, "last", needed="any").needed() == 1
    with pytest.raises(Malformed, match="no witness"):
        naming.remove(two, "south")


def test_the_last_one_takes_group_and_quorum_with_it() -> None:
    none = naming.remove(grown("north"), "north")
    assert none == BARE


NESTED = policy.parse(
    "\n".join(
        [
            f"log {LOG}",
            *(f"witness {name} {vkey(name)}" for name in ("a", "b", "c", "d", "e")),
            "group parties all a b",
            "group press 1 c d",
            "group both all parties press",
            "quorum both",
            "",
        ]
    )
)


def test_a_tree_tells_what_is_missing() -> None:
    tree = quorum.tree(NESTED, {"a": 5, "c": 7, "e": 9})
    assert tree is not None
    assert (tree.name, tree.holds, tree.every, tree.held, tree.of) == ("both", False, True, 1, 2)
    parties, press = tree.members
    assert (parties.holds, parties.held, press.holds, press.every) == (False, 1, True, False)
    assert [(one.name, one.at) for one in parties.members] == [("a", 5), ("b", None)]
    assert [one.name for one in quorum.beside(NESTED, {})] == ["e"]
    assert quorum.tree(BARE, {}) is None


@given(st.sets(st.sampled_from("abcde")))
def test_the_tree_holds_when_the_policy_does(signed: set[str]) -> None:
    tree = quorum.tree(NESTED, dict.fromkeys(signed, 1))
    assert tree is not None
    assert tree.holds == NESTED.satisfied(signed)


@given(st.sampled_from("abcde"))
def test_whoever_leaves_is_gone_from_every_group(name: str) -> None:
    left = naming.remove(NESTED, name, needed="any")
    assert name not in str(left).split()
    assert policy.parse(str(left)) == left
