"""The pure decisions, on plain values."""

from dragoman.statements import rules
from dragoman.statements.rules import Need, Yes

APPROVER = frozenset({"approver"})
DIRECTOR = frozenset({"approver", "releaser"})


def test_one_approver_completes_an_ordinary_chain() -> None:
    chain = rules.chain(risk="ordinary", lane="ordinary")
    assert rules.standing(chain, [Yes("vera", APPROVER, "d")], digest="d").complete


def test_an_approval_of_another_digest_does_not_count() -> None:
    chain = rules.chain(risk="ordinary", lane="ordinary")
    standing = rules.standing(chain, [Yes("vera", APPROVER, "old")], digest="new")
    assert not standing.complete
    assert standing.given == 0


def test_the_same_officer_counts_once() -> None:
    chain = rules.chain(risk="sensitive", lane="ordinary")
    twice = [Yes("vera", APPROVER, "d"), Yes("vera", APPROVER, "d")]
    assert not rules.standing(chain, twice, digest="d").complete
    assert rules.standing(chain, [*twice, Yes("ivan", DIRECTOR, "d")], digest="d").complete


def test_high_risk_needs_a_releaser_among_two() -> None:
    chain = rules.chain(risk="high", lane="ordinary")
    two = [Yes("vera", APPROVER, "d"), Yes("ana", APPROVER, "d")]
    assert rules.standing(chain, two, digest="d").missing == ("1 more by a person who is releaser",)
    assert rules.standing(chain, [two[0], Yes("ivan", DIRECTOR, "d")], digest="d").complete


def test_an_author_role_completes_nothing() -> None:
    for risk in rules.RISKS:
        for lane in rules.LANES:
            yes = [Yes(str(number), frozenset({"author"}), "d") for number in range(5)]
            assert not rules.standing(rules.chain(risk=risk, lane=lane), yes, digest="d").complete


def test_the_crisis_lane_is_shorter_than_high_risk() -> None:
    assert rules.chain(risk="high", lane="crisis") == (Need(1, ("approver", "releaser")),)


def test_language_codes_are_told_from_other_text() -> None:
    assert all(rules.is_language(code) for code in ("en", "be", "zh-Hant", "pt-BR", "sr-Latn-RS", "ckb"))
    assert not any(rules.is_language(code) for code in ("", "E", "english", "en_GB", "../en", "en-", "e n"))
