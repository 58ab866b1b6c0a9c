import pytest

from dragoman.lib.text.negation import negations


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "The rule does not apply."),
        ("en", "It isn’t valid."),
        ("ru", "Правило не распространяется."),
        ("be", "Правіла не распаўсюджваецца."),
        ("de", "Die Regel gilt nicht."),
        ("ar", "لا تنطبق القاعدة"),
        ("zh", "该规定不适用。"),
        ("fr", "La règle ne s’applique pas."),
        ("pl", "Zasada nie obowiązuje."),
    ],
)
def test_negation_is_seen(lang: str, text: str) -> None:
    assert any(cue.strength == "hard" for cue in negations(text, lang))


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "No later than Tuesday, not only here."),
        ("ru", "Не более пяти дней, не позднее вторника."),
        ("ar", "لا يقل عن خمسة أيام"),
        ("zh", "不超过五天"),
        ("de", "Nicht nur hier."),
        ("xx", "no not never"),
    ],
)
def test_phrases_that_deny_nothing_are_let_be(lang: str, text: str) -> None:
    assert not any(cue.strength == "hard" for cue in negations(text, lang))
