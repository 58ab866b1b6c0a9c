"""The sample day: the same for the same seed, in order, in many languages, spoiled but never empty."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.inbox import replay, spoiling

DAY = list(replay.day(2000, 7))


def test_the_same_seed_gives_the_same_day():
    assert list(replay.day(300, 1)) == list(replay.day(300, 1))
    assert list(replay.day(300, 1)) != list(replay.day(300, 2))


def test_the_day_has_as_many_messages_as_wanted_in_order_of_time():
    assert [one.number for one in DAY] == list(range(2000))
    moments = [one.at_offset for one in DAY]
    assert moments == sorted(moments)
    assert moments[0] >= 0
    assert moments[-1] < replay.DAY


def test_no_messages_make_an_empty_day_and_fewer_are_refused():
    assert list(replay.day(0, 1)) == []
    with pytest.raises(ValueError, match="fewer than 0"):
        list(replay.day(-1, 1))


def test_every_kind_comes_and_questions_are_most():
    kinds = Counter(one.kind for one in DAY)
    assert set(kinds) == set(replay.MIX)
    assert kinds["question"] > len(DAY) / 2


@pytest.mark.parametrize("seed", range(5))
def test_even_a_short_day_has_a_call_for_help(seed):
    assert any(one.kind == "help" for one in replay.day(20, seed))


def test_calls_for_help_are_left_as_they_were_written():
    written = {text for one in replay.wordings() for text in one.by_kind.get("help", {}).get("", ())}
    assert {one.text for one in DAY if one.kind == "help"} <= written


def test_some_words_come_again_to_the_letter_and_some_nearly():
    texts = Counter(one.text for one in DAY if one.kind == "question")
    assert max(texts.values()) > 1
    assert len(texts) > len(DAY) / 4


def test_a_reply_names_an_earlier_message_on_its_own_network():
    replies = [one for one in DAY if one.in_reply_to is not None]
    assert replies
    for one in replies:
        before = DAY[one.in_reply_to]
        assert before.number < one.number
        assert before.network == one.network


def test_a_wrong_belief_rises_and_fades():
    moments = [one.at_offset / 3600 for one in replay.day(5000, 3) if one.about == "M3"]
    peak = replay.WAVES["M3"]
    assert sum(abs(at - peak) < 3 for at in moments) > len(moments) / 2
    assert len(moments) > 20


def test_one_advertisement_comes_under_many_handles_within_an_hour():
    at = replay.CAMPAIGN_AT
    spam = [one for one in DAY if one.kind == "spam" and at * 3600 <= one.at_offset < (at + 1) * 3600]
    start = Counter(one.text[:20] for one in spam).most_common(1)[0][0]
    assert len({one.author for one in spam if one.text.startswith(start)}) >= 5


def test_every_misunderstanding_is_spoken():
    found = {about for one in replay.wordings() for about in one.by_kind["wrong"]}
    assert found == {f"M{number}" for number in range(1, 13)}


def test_a_form_has_no_author_and_mail_goes_to_nobody():
    assert {one.author for one in DAY if one.network == "form"} == {""}
    assert all(one.author.endswith(".example") for one in DAY if one.network == "email")


def test_no_text_is_empty():
    assert all(one.text.strip() for one in DAY)


def test_each_language_has_three_wordings_of_every_question_and_its_hours():
    intents = set(next(one for one in replay.wordings() if one.lang == "en").by_kind["question"])
    assert len(intents) >= 20
    for one in replay.wordings():
        for about in intents:
            said = one.by_kind["question"][about]
            assert len(set(said)) >= 3, (one.lang, about)
        assert -12 <= one.utc_offset <= 14
        assert one.countries


def test_twenty_languages_speak():
    assert len(replay.wordings()) >= 20
    assert len({one.lang for one in DAY}) >= 20


def test_people_sleep_at_night():
    minsk = Counter(int(one.at_offset / 3600 + 3) % 24 for one in DAY if one.lang == "be")
    night, evening = sum(minsk[h] for h in range(2, 6)), sum(minsk[h] for h in range(17, 21))
    assert evening > 3 * night


@given(st.text(min_size=1), st.sampled_from(["en", "pl", "be", "tr", "zh", "ar", "xx"]), st.integers())
def test_no_text_is_spoiled_to_nothing(text, lang, seed):
    chance = random.Random(seed)  # noqa: S311 - a play
    for way in spoiling.WAYS.values():
        assert way(text, lang, chance)
    assert spoiling.spoiled(text, lang, chance)


def test_haste_leaves_out_what_the_language_can_spare():
    chance = random.Random(1)  # noqa: S311 - a play
    assert spoiling.unmarked("czy wystarczy dowód osobisty, żółć", "pl", chance) == (
        "czy wystarczy dowod osobisty, zolc"
    )
    assert spoiling.unmarked("ў Мінску", "be", chance) == "ў Мінску"
    assert spoiling.small("İSTANBUL IRMAK", "tr", chance) == "istanbul ırmak"
    assert spoiling.mixed("ці можна", "en", chance) == "ці можна"
