"""Rules of a protocol, its agreed lines, its clock."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dragoman.lib import canonical
from dragoman.lib.problems import Invalid
from dragoman.negotiations.rules import lines, protocol, timing
from dragoman.negotiations.rules.protocol import ProtocolRules

VALUE: dict[str, Any] = {
    "languages": ["en", "fr"],
    "publishable": {
        "meeting": {"en": "The parties met at {place}.", "fr": "Les parties se sont réunies à {place}."},
        "next": {"en": "They will meet on {date}, {time}.", "fr": "Prochaine réunion : {date}, {time}."},
        "level": {"en": "They met as delegations.", "fr": "Au niveau des délégations."},
    },
    "fallback": {"en": "No joint text today.", "fr": "Pas de texte commun aujourd’hui."},
    "pulse": {
        "texts": {"en": "Talks continue ({time}).", "fr": "Les pourparlers continuent ({time})."},
        "every_minutes": 720,
        "silence_minutes": 240,
        "rule": "always",
    },
    "quiet_hours": {"from": "22:00", "to": "06:00", "zone": "Europe/Vienna"},
}
RULES = protocol.parse(VALUE)
NOW = datetime(2026, 11, 30, 12, 5, tzinfo=UTC)
FIRST, LAST = NOW.replace(year=1970, tzinfo=None), NOW.replace(year=2100, tzinfo=None)
PLACE = {"place": {"en": "Riverton Hall", "fr": "la salle de Riverton"}}
FACTS: list[tuple[str, protocol.Values]] = [
    ("meeting", PLACE),
    ("next", {"date": "2026-12-02", "time": "10:00"}),
]


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in VALUE.items() if key != name}


def mistakes(value: dict[str, Any]) -> dict[str, str]:
    with pytest.raises(Invalid) as refusal:
        protocol.parse(value)
    assert refusal.value.code == "protocol-rules"
    return {place["field"]: place["message"] for place in refusal.value.where}


def test_rules_read_back_from_their_one_form() -> None:
    assert protocol.parse(RULES.dump()) == RULES
    assert protocol.parse(RULES.value()) == RULES
    assert RULES.round_hours == 72
    assert RULES.silence == "lapses"


def test_every_mistake_is_told_at_once() -> None:
    wrong = {
        **VALUE,
        "languages": ["en", "fr", "be"],
        "silence": "yes",
        "objection_minutes": 0,
        "round_hours": True,
        "surprise": 1,
        "quiet_hours": {"from": "22:00", "to": "22:00", "zone": "Europe/Vienna"},
        "fallback": {"en": "None.", "fr": "Aucun\u200b.", "be": "{x"},
        "publishable": {"mood": {}, "place": {"en": "At {place}.", "fr": "À {lieu}.", "be": "У {place}."}},
    }
    found = mistakes(wrong)
    assert set(found) == {
        "surprise",
        "silence",
        "objection_minutes",
        "round_hours",
        "quiet_hours.to",
        "fallback.fr",
        "fallback.be",
        "publishable.mood",
        "publishable.place.fr",
        "pulse.texts.be",
    }
    assert "ZERO WIDTH SPACE" in found["fallback.fr"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"languages": []}, "languages"),
        ({"languages": ["en", "en"]}, "languages"),
        ({"languages": ["zxx-x-terms", "en", "fr"]}, "languages"),
        ({"languages": "en"}, "languages"),
        ({"fallback": {"en": "{time}", "fr": "{time}"}}, "fallback.en"),
        ({"fallback": {"en": "a\nb", "fr": "c"}}, "fallback.en"),
        ({"fallback": []}, "fallback"),
        ({"pulse": {}}, "pulse"),
        ({"pulse": 5}, "pulse"),
        ({"pulse": {**VALUE["pulse"], "every_minutes": 0}}, "pulse.every_minutes"),
        ({"pulse": {**VALUE["pulse"], "texts": {"en": "{x}", "fr": "{x}"}}}, "pulse.texts.en"),
        ({"pulse": {**VALUE["pulse"], "rule": "never"}}, "pulse.rule"),
        ({"quiet_hours": {"from": "24:00", "to": "06:00", "zone": "UTC"}}, "quiet_hours.from"),
        ({"quiet_hours": {"from": "22:00", "to": "06:00", "zone": "Mars/Base"}}, "quiet_hours.zone"),
        ({"quiet_hours": {"from": "22:00", "to": "06:00", "zone": "../etc"}}, "quiet_hours.zone"),
        ({"joint": 1}, "joint"),
        ({"v": 2}, "v"),
        ({"publishable": None}, "publishable"),
    ],
)
def test_each_mistake_has_its_place(change: dict[str, Any], field: str) -> None:
    assert field in mistakes({**VALUE, **change})


def test_what_is_missing_is_told_and_sealed_bytes_have_every_member() -> None:
    assert set(mistakes(without("fallback"))) >= {"fallback"}
    short = canonical.dumps(VALUE)
    with pytest.raises(Invalid) as refusal:
        protocol.parse(short)
    assert {place["field"] for place in refusal.value.where} >= {"v", "joint"}
    for data in (RULES.dump() + b"\n", b"[]", b"\xff"):
        with pytest.raises(Invalid):
            protocol.parse(data)


NESTED = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["en", "fr", "texts", "from"]), inner, max_size=3)
    ),
)


@given(NESTED, st.sampled_from([*sorted(VALUE), "joint", "silence", "v"]))
def test_any_value_in_any_place_is_read_or_refused_with_its_place(value: object, name: str) -> None:
    try:
        read = protocol.parse({**VALUE, name: value})
    except Invalid as refusal:
        places = [place["field"] for place in refusal.where]
        if not places:
            raise
        return
    assert protocol.parse(read.dump()) == read


def test_a_fact_is_a_sentence_in_every_language() -> None:
    assert RULES.placeholders("next") == ("date", "time")
    assert RULES.render("meeting", PLACE, "fr") == "Les parties se sont réunies à la salle de Riverton."


@pytest.mark.parametrize(
    ("kind", "values", "code"),
    [
        ("outcome", {}, "not-publishable"),
        ("meeting", {}, "fact-values"),
        ("meeting", {"place": "x", "who": "y"}, "fact-values"),
        ("meeting", {"place": "Hall\nThey agreed on all"}, "fact-values"),
        ("meeting", {"place": "{date}"}, "fact-values"),
        ("meeting", {"place": {"fr": "only"}}, "fact-values"),
        ("meeting", {"place": "x" * 201}, "fact-values"),
        ("meeting", {"place": "a\u202eb"}, "fact-values"),
    ],
)
def test_a_fact_that_was_not_agreed_is_not_published(kind: str, values: dict[str, Any], code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        RULES.render(kind, values, "en")
    assert refusal.value.code == code


def test_a_fact_has_no_sentence_in_another_language() -> None:
    with pytest.raises(Invalid, match="no sentence in be") as refusal:
        RULES.render("level", {}, "be")
    assert refusal.value.code == "not-publishable"


def sealed(texts: dict[str, str]) -> dict[str, bytes]:
    return {lang: lines.sealed(text) for lang, text in texts.items()}


def test_a_stranger_recognises_each_agreed_line() -> None:
    pulse = lines.recognise(RULES, sealed(lines.pulse_texts(RULES, NOW, "Europe/Vienna")), NOW)
    assert (pulse.what, pulse.said) == ("pulse", NOW)
    assert (
        lines.pulse_texts(RULES, NOW, "Europe/Vienna")["en"] == "Talks continue (2026-11-30 13:05 UTC+01:00)."
    )
    assert lines.recognise(RULES, sealed(lines.fallback_texts(RULES)), NOW).what == "fallback"
    notice = lines.recognise(RULES, sealed(lines.notice_texts(RULES, FACTS)), NOW)
    assert (notice.what, notice.kinds) == ("notice", ("meeting", "next"))


@given(
    st.datetimes(min_value=FIRST, max_value=LAST),
    st.sampled_from(["UTC", "Asia/Kathmandu", "America/St_Johns"]),
)
def test_a_pulse_line_of_any_moment_is_recognised(moment: datetime, zone: str) -> None:
    at = moment.replace(second=0, microsecond=0, tzinfo=UTC)
    assert lines.recognise(RULES, sealed(lines.pulse_texts(RULES, at, zone)), at).said == at


PULSE = lines.pulse_texts(RULES, NOW)


@pytest.mark.parametrize(
    "texts",
    [
        {"en": PULSE["en"]},
        {**PULSE, "be": "Размовы."},
        {**PULSE, "en": PULSE["en"].replace("continue", "went well")},
        {**PULSE, "en": PULSE["en"].replace("12:05", "12:06")},
        {**PULSE, "en": PULSE["en"].replace("2026-11-30", "tomorrow, maybe")},
        {**PULSE, "en": PULSE["en"].replace("2026-11-30", "2026-13-30")},
        {**RULES.fallback, "en": "No joint text today!"},
        {"en": PULSE["en"], "fr": RULES.fallback["fr"]},
        {"en": "The parties met at X.\nThey met as delegations.", "fr": "Les parties se sont réunies à X."},
        {"en": "The parties met at X.", "fr": "Au niveau des délégations."},
    ],
)
def test_a_line_with_words_that_nobody_agreed_to_is_refused(texts: dict[str, str]) -> None:
    with pytest.raises(Invalid) as refusal:
        lines.recognise(RULES, sealed(texts), NOW)
    assert refusal.value.code == "not-agreed-line"


def test_a_line_of_a_time_to_come_is_refused() -> None:
    with pytest.raises(Invalid) as refusal:
        lines.recognise(RULES, sealed(PULSE), NOW - timedelta(minutes=5))
    assert refusal.value.code == "line-time"


def test_lines_that_do_not_end_or_are_not_text_are_refused() -> None:
    for data in (b"No joint text today.", b"No joint text today.x", b"No joint text today.\n\n", b"\xff\n"):
        with pytest.raises(Invalid):
            lines.recognise(RULES, {**sealed(dict(RULES.fallback)), "en": data}, NOW)


def test_a_pulse_line_may_name_no_time() -> None:
    texts = {"en": "Talks continue.", "fr": "Les pourparlers continuent."}
    rules = protocol.parse({**VALUE, "pulse": {**VALUE["pulse"], "texts": texts}})
    assert lines.pulse_texts(rules, NOW) == texts
    assert lines.recognise(rules, sealed(texts), NOW) == lines.Recognised("pulse")
    with pytest.raises(Invalid):
        lines.recognise(rules, sealed({**texts, "en": "Talks continue!"}), NOW)


def test_without_a_pulse_there_is_no_pulse_line() -> None:
    bare = protocol.parse({**VALUE, "pulse": None})
    with pytest.raises(Invalid) as refusal:
        lines.pulse_texts(bare, NOW)
    assert refusal.value.code == "no-pulse"
    with pytest.raises(Invalid):
        lines.recognise(bare, sealed(PULSE), NOW)
    with pytest.raises(Invalid):
        lines.notice_texts(bare, [])


@pytest.mark.parametrize(
    ("clock", "quiet"),
    [("20:59", False), ("21:00", True), ("23:30", True), ("04:59", True), ("05:00", False)],
)
def test_quiet_hours_are_local_and_cross_midnight(clock: str, quiet: bool) -> None:
    now = datetime.fromisoformat(f"2026-11-30T{clock}:00+00:00")  # an hour behind Vienna
    assert timing.quiet_now(RULES, now) is quiet
    assert not timing.quiet_now(protocol.parse(without("quiet_hours")), now)


def test_quiet_hours_within_a_day() -> None:
    rules = protocol.parse({**VALUE, "quiet_hours": {"from": "12:00", "to": "13:00", "zone": "UTC"}})
    assert timing.quiet_now(rules, NOW)
    assert not timing.quiet_now(rules, NOW + timedelta(hours=1))


@pytest.mark.parametrize(
    ("last", "pulse", "due"),
    [
        (None, None, True),
        (timedelta(minutes=239), None, False),
        (timedelta(minutes=240), timedelta(minutes=240), True),
        (timedelta(minutes=10), timedelta(minutes=719), False),
        (timedelta(minutes=10), timedelta(minutes=720), True),
    ],
)
def test_the_pulse_is_due_after_silence_and_every_so_often(
    last: timedelta | None, pulse: timedelta | None, due: bool
) -> None:
    said = NOW - pulse if pulse else None
    assert timing.pulse_due(RULES, NOW - last if last else None, NOW, said) is due
    assert not timing.pulse_due(RULES, None, NOW.replace(hour=23))
    assert not timing.pulse_due(protocol.parse({**VALUE, "pulse": None}), None, NOW)


def test_windows_and_rounds_end_when_the_protocol_says() -> None:
    assert timing.objection_ends(NOW, RULES) == NOW + timedelta(hours=1)
    assert timing.closes(NOW, RULES) == NOW + timedelta(hours=72)


def test_nothing_goes_out_before_its_moment_or_its_not_before_even_on_a_fast_clock() -> None:
    early, late = NOW - timedelta(seconds=1), NOW + timedelta(seconds=1)
    assert timing.may_release(timing.stamp(NOW), NOW, NOW)
    assert not timing.may_release(timing.stamp(NOW), early, early)
    assert not timing.may_release(timing.stamp(early), NOW, early)
    assert not timing.may_release(NOW, NOW, late, skew=timedelta(seconds=2))
    assert timing.may_release(NOW, NOW, late, skew=timedelta(seconds=1))


@given(st.datetimes(min_value=FIRST, max_value=LAST))
def test_stamps_read_back(moment: datetime) -> None:
    at = moment.replace(microsecond=0, tzinfo=UTC)
    assert timing.from_stamp(timing.stamp(at)) == at


@pytest.mark.parametrize(
    "text", ["", "now", "2026-11-30T09:00:00", "2026-11-30T9:00:00Z", "2026-02-30T09:00:00Z"]
)
def test_what_is_no_stamp_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        timing.from_stamp(text)


def test_a_moment_without_a_zone_is_not_stamped() -> None:
    with pytest.raises(ValueError, match="zone"):
        timing.stamp(NOW.replace(tzinfo=None))


def test_rules_are_a_value() -> None:
    assert isinstance(RULES, ProtocolRules)
    assert RULES.value()["quiet_hours"] == VALUE["quiet_hours"]
