"""Releases that must not happen: each is refused with its own words, and the attempt is in the audit."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from tests.negotiations import help as table
from tests.negotiations.help import Own, World
from tests.record.faults import Backup

from dragoman.base import clock
from dragoman.lib.problems import Conflict
from dragoman.negotiations.actions import answers, keys, processes, releasing, rounds
from dragoman.negotiations.actions.common import WORKER
from dragoman.negotiations.models import Answer, PartyKey, Round, RoundText
from dragoman.record import actions as record_actions
from dragoman.record import queries as record
from dragoman.record.models import Entry
from dragoman.statements.actions import drafts, joint, putting_out
from dragoman.statements.actions.input import TextInput
from dragoman.statements.models import Agreement, Media, Picture, Release, Revision, Text

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    return table.opened()


def plan(world: World, about: Round, **more: object) -> Round:
    return releasing.plan_release(by=world.cast.director, round=about, **more)  # type: ignore[arg-type]  # as given


def in_an_hour() -> dict[str, object]:
    return {"moment": clock.now() + timedelta(hours=1)}


def nothing_in_the_record(about: Round) -> bool:
    return not Entry.objects.filter(ref=about.statement).exists()


def test_one_byte_changed_after_the_consent_is_never_released(world: World) -> None:
    about = table.agreed(world)
    RoundText.objects.filter(round=about, lang="ru").update(body="Переход открыт с 08:00 до 19:00.")
    with table.refused("not-what-was-signed", "changed in the database"):
        plan(world, about)
    assert nothing_in_the_record(about)


def test_digests_changed_along_with_the_text_do_not_help(world: World) -> None:
    about = table.agreed(world)
    other = table.text_put(world, table.OTHER)
    for text in other.texts.all():
        RoundText.objects.filter(round=about, lang=text.lang).update(
            body=text.body, sha256=text.sha256, size=text.size
        )
    Round.objects.filter(pk=about.pk).update(body=other.body.replace("round 3", "round 2"))
    with table.refused("not-what-was-signed", "changed in the database"):
        plan(world, about)


def test_the_host_cannot_edit_a_text_that_was_put(world: World) -> None:
    about = table.agreed(world)
    with table.refused("was-put", "not one letter", by="director"):
        rounds.edit_round(by=world.cast.director, round=about, texts=table.OTHER)
    plan(world, about, **in_an_hour())
    revision = Revision.objects.get(statement__ref=about.statement)
    with pytest.raises(Conflict, match="signed these words"):
        drafts.edit_texts(by=world.cast.editor, revision=revision, texts=table.OTHER)


def test_a_text_edited_behind_the_plan_is_never_sealed(world: World) -> None:
    about = plan(world, table.agreed(world))
    Text.objects.filter(revision__statement__ref=about.statement, lang="en").update(body="It is closed.")
    with pytest.raises(Conflict, match="not what the parties signed"):
        table.put_out(about)
    assert nothing_in_the_record(about)


def test_digests_changed_along_with_the_text_behind_the_plan_do_not_help(world: World) -> None:
    about = plan(world, table.agreed(world), **in_an_hour())
    text = Text.objects.get(revision__statement__ref=about.statement, lang="en")
    text.body = "It is closed."
    text.save()
    agreement = Agreement.objects.get(revision=text.revision)
    data = joint.sealed_bytes(TextInput(text.title, text.summary, text.body))
    agreement.digests["en"] = hashlib.sha256(data).hexdigest()
    agreement.save()
    with table.later(hours=1, seconds=1), pytest.raises(Conflict) as refused:
        table.put_out(about)
    assert refused.value.code == "not-what-was-signed"
    assert nothing_in_the_record(about)


def test_a_note_with_fewer_signatures_behind_the_plan_is_never_sealed(world: World) -> None:
    about = plan(world, table.agreed(world), **in_an_hour())
    agreement = Agreement.objects.get(revision__statement__ref=about.statement)
    agreement.note = agreement.note.rsplit("\n", 2)[0] + "\n"
    agreement.save()
    with table.later(hours=1, seconds=1), pytest.raises(Conflict) as refused:
        table.put_out(about)
    assert refused.value.code == "not-what-was-signed"
    assert nothing_in_the_record(about)


def test_a_picture_put_beside_the_text_behind_the_plan_is_never_sealed(world: World) -> None:
    about = plan(world, table.agreed(world), **in_an_hour())
    shown = b"a picture that nobody signed"
    media = Media.objects.create(
        sha256=hashlib.sha256(shown).hexdigest(), media_type="image/png", width=1, height=1, size=len(shown)
    )
    media.path.parent.mkdir(parents=True, exist_ok=True)
    media.path.write_bytes(shown)
    Picture.objects.create(revision=Revision.objects.get(statement__ref=about.statement), media=media)
    with table.later(hours=1, seconds=1), pytest.raises(Conflict) as refused:
        table.put_out(about)
    assert refused.value.code == "not-what-was-signed"
    assert nothing_in_the_record(about)


def test_a_party_cannot_be_dropped_from_the_list(world: World) -> None:
    with table.refused("party-in-keyring", "the host cannot drop one"):
        processes.drop_party(by=world.cast.director, party=world["southport"].party, why="It says no.")
    about = table.text_put(world)
    world["northland"].consents(about)
    world["eastmark"].consents(about)
    with table.refused("not-agreed", "not everyone who must"):
        plan(world, about)


def test_a_consent_taken_from_the_rows_is_missed(world: World) -> None:
    about = table.agreed(world)
    Answer.objects.filter(round=about, party__name="southport").delete()
    with table.refused("consent-gone", "missing: southport"):
        plan(world, about)


def test_a_party_cannot_be_written_out_of_the_rounds_keyring(world: World) -> None:
    about = table.agreed(world)
    two = about.keyring.replace("all northland eastmark southport", "all northland eastmark")
    Round.objects.filter(pk=about.pk).update(keyring=two)
    Answer.objects.filter(round=about, party__name="southport").delete()
    with table.refused("keyring-changed", "not judged by the keyring that the record holds"):
        plan(world, about)


def test_a_key_frozen_after_the_consent_counts_no_more(world: World) -> None:
    about = table.agreed(world)
    PartyKey.objects.filter(vkey=world["eastmark"].key.vkey).update(frozen_at=clock.now())
    with table.refused("consent-gone", "No longer good: the keys of eastmark"):
        plan(world, about)


def test_consents_are_judged_once_more_when_the_release_begins(world: World) -> None:
    about = plan(world, table.agreed(world), **in_an_hour())
    PartyKey.objects.filter(vkey=world["eastmark"].key.vkey).update(removed_at=clock.now())
    with table.later(hours=1, seconds=1), pytest.raises(Conflict, match="Not enough consents stand"):
        table.put_out(about)
    assert nothing_in_the_record(about)


def test_nobody_is_released_before_the_moment_that_was_signed(world: World) -> None:
    draft = rounds.draft_round(by=world.cast.editor, process=world.process, texts=table.TEXTS)
    tomorrow = clock.now() + timedelta(hours=20)
    about = world.all_consent(rounds.open_round(by=world.cast.director, round=draft, not_before=tomorrow))
    with table.refused("not-before", "at the earliest"):
        plan(world, about)
    with table.refused("not-before", "at the earliest"):
        plan(world, about, **in_an_hour())
    assert plan(world, about, moment=tomorrow + timedelta(seconds=1)).state == "armed"


def test_a_clock_that_was_set_back_opens_nothing_and_lets_nothing_out(world: World) -> None:
    about = table.agreed(world)
    with table.later(minutes=-10), table.refused("not-before", "at the earliest"):
        plan(world, about)
    with table.later(hours=25), table.refused("round-over", "time of this round is over"):
        world["northland"].consents(table_round_left_open(world))


def table_round_left_open(world: World) -> Round:
    about = rounds.draft_round(by=world.cast.editor, process=world.process, texts=table.TEXTS)
    Round.objects.filter(pk=about.pk).update(state="open", closes_at=clock.now(), opened_at=clock.now())
    about.refresh_from_db()
    Round.objects.filter(pk=about.pk).update(
        body="x\n", keyring=world.fresh().keyring, parties_index=world.process.keyring_index
    )
    return about


def test_a_consent_taken_back_before_the_moment_takes_the_plan_back(world: World) -> None:
    about = plan(world, table.agreed(world), **in_an_hour())
    answers.withdraw_consent(by=world["eastmark"].person, round=about)
    about.refresh_from_db()
    assert about.state == "open"
    assert Release.objects.get(revision__statement__ref=about.statement).state == "cancelled"
    with table.later(hours=2):
        table.clockwork()
        table.clockwork()
    assert nothing_in_the_record(about)


def test_a_consent_taken_back_in_the_second_of_release_is_too_late(world: World) -> None:
    about = plan(world, table.agreed(world), **in_an_hour())
    with (
        table.later(hours=1, seconds=1),
        table.refused("moment-has-come", "nothing can be taken back"),
    ):
        answers.withdraw_consent(by=world["eastmark"].person, round=about)
    with table.later(hours=1, seconds=2):
        table.put_out(about)
        table.clockwork()
        about.refresh_from_db()
        assert about.state == "released"
        with table.refused("moment-has-come", "nothing can be taken back"):
            answers.withdraw_consent(by=world["eastmark"].person, round=about)


def test_after_a_second_releaser_has_come_too_late(world: World) -> None:
    about = table.agreed(world)
    plan(world, about)
    with table.refused("released-already", "another releaser was first", by="director"):
        plan(world, about)
    assert Release.objects.filter(revision__statement__ref=about.statement).count() == 1


def test_only_a_releaser_releases(world: World) -> None:
    about = table.agreed(world)
    with table.refused("not-allowed", "role of releaser", by="editor"):
        releasing.plan_release(by=world.cast.editor, round=about)
    with table.refused("not-allowed", "role of releaser", by="stranger"):
        releasing.plan_release(by=world.cast.stranger, round=about)


def test_nothing_is_released_from_an_older_backup(world: World, home: Path, tmp_path: Path) -> None:
    backup = Backup(home, tmp_path / "backup")
    table.released(world)
    about = table.agreed(world, table.OTHER)
    backup.restore_database()
    with table.refused("record-behind", "an older backup"):
        plan(world, about)


def test_healing_the_record_does_not_make_old_consents_good(world: World, home: Path, tmp_path: Path) -> None:
    """The entries come back from the files; what the rows say of rounds is still old."""
    backup = Backup(home, tmp_path / "backup")
    out = table.released(world)
    about = table.agreed(world, table.OTHER)
    backup.restore_database()
    Round.objects.filter(pk=out.pk).update(state="cancelled", statement="2000-aaaaaa")
    record_actions.audit_record(by=WORKER)
    with table.refused("rows-behind", "which no round here released"):
        plan(world, about)


def test_a_text_that_the_record_holds_is_not_planned_again(world: World) -> None:
    out = table.released(world)
    Round.objects.filter(pk=out.pk).update(state="agreed", released_at=None, entry_index=None)
    with table.refused("rows-behind", "already"):
        plan(world, out)


def test_a_planned_release_does_not_begin_on_old_rows(world: World) -> None:
    about = plan(world, table.agreed(world), **in_an_hour())
    Entry.objects.create(
        index=1,
        leaf=bytes(Entry.objects.get(index=0).leaf),
        leaf_hash=b"x",
        kind="parties",
        ref="stonebridge",
        rev=2,
        released=clock.now(),
    )
    release = Release.objects.get(revision__statement__ref=about.statement)
    with table.later(hours=1, seconds=1), pytest.raises(Conflict, match="older backup"):
        putting_out.put_out_release(by=putting_out.WORKER, release_id=release.pk)
    release.refresh_from_db()
    assert release.state == "planned"
    assert not record.find_sealed(about.statement, 1)


def test_a_keyring_that_came_into_force_meanwhile_ends_the_plan(world: World) -> None:
    about = plan(world, table.agreed(world), **in_an_hour())
    keys.add_key(by=world["northland"].person, vkey=Own("northland.stonebridge").vkey)
    world.all_consent(table.put(world))
    table.clockwork()
    about.refresh_from_db()
    assert (about.state, world.fresh().protocol) == ("cancelled", 2)
    assert "put the text to the parties again" in about.last_trouble
    assert Release.objects.get(revision__statement__ref=about.statement).state == "cancelled"
