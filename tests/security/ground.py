"""Two embassies of one ministry: all that one of them has, and an officer with every role at the other."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from allauth.account.internal.userkit import user_id_to_str
from django.db import connection
from django.test import Client
from PIL import Image
from psycopg.sql import SQL, Identifier
from tests import make
from tests.cast import Cast, assemble, officer
from tests.house.test_access import pages
from tests.inbox.make import make_help_call, make_question

from dragoman.base import clock
from dragoman.base.actor import System
from dragoman.channels import actions as channels
from dragoman.channels.models import Channel, Delivery
from dragoman.facts import actions as facts
from dragoman.facts.models import Fact, Proposal, Sheet
from dragoman.inbox.actions import answers
from dragoman.inbox.models import AnswerVersion, HelpCall, Misunderstanding, Question
from dragoman.negotiations.models import Ask, Party, Process, Round
from dragoman.staff import actions as staff
from dragoman.staff.models import Mission, Officer, Token
from dragoman.staff.rules import ROLES
from dragoman.statements.actions import drafts, pictures, releases, review
from dragoman.statements.models import Picture, Release, Revision

SYSTEM = System("test")
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
PART = re.compile(r"<(?:\w+:)?(\w+)>")
# What changes by itself when somebody looks: sessions, counters, the cache of finished counts.
OWN_LIFE = ("django_session", "desk_cache", "usersessions_usersession", "api_window", "django_migrations")

BERLIN_SHEET = make.SHEET.replace('"visa-free"', '"consular"')


@dataclass
class Ground:
    """`writer`, `approver` and `releaser` serve in Berlin; `outsider` holds every role in Vilnius."""

    cast: Cast
    vilnius: Mission
    writer: Officer
    approver: Officer
    releaser: Officer
    outsider: Officer
    draft: Revision
    armed: Revision
    released: Revision
    picture: Picture
    channel: Channel
    delivery: Delivery
    release: Release
    sheet: Sheet
    fact: Fact
    proposal: Proposal
    token: Token
    question: Question
    call: HelpCall
    answer: AnswerVersion
    misunderstanding: Misunderstanding
    ask: Ask  # of Northland, in talks that Berlin hosts

    def parts(self, revision: Revision) -> dict[str, str]:
        """What the parts of an address are filled with: all of it belongs to Berlin."""
        return {
            "ref": revision.statement.ref,
            "lang": "en",
            "key": "0" * 16,
            "pk": "1",
            "slug": "berlin",
            "sheet": self.sheet.slug,
            "number": "F1",
            "version": "1",
            "username": self.writer.username,
            "kind_name": "sandbox",
            "form": "csv",
            "index": "0",
            "table": "hours",
            "name": "none",
            "code": "M1",
        }


def lay() -> Ground:
    """Put it all into the database."""
    cast = assemble()
    vilnius = Mission.objects.create(slug="vilnius", name="Embassy in Vilnius", parent=cast.capital)
    writer = officer("writer", (cast.berlin, "author"))
    approver = officer("saysyes", (cast.berlin, "approver"))
    releaser = officer("putsout", (cast.berlin, "approver"), (cast.berlin, "releaser"))
    keeper = officer("keeper", (cast.berlin, "administrator"))
    outsider = officer("outsider", *((vilnius, role) for role in ROLES))
    facts.import_sheet(by=cast.admin, mission=cast.berlin, source=BERLIN_SHEET)
    sheet = Sheet.objects.get(slug="consular")
    fact = Fact.objects.get(sheet=sheet, number="F1")
    channel = channels.create_channel(
        by=keeper, mission=cast.berlin, kind="sandbox", slug="berlin-net", label="Berlin", values={}
    )

    def begin() -> Revision:
        return drafts.create_statement(
            by=writer,
            mission=cast.berlin,
            kind="explanation",
            source_language="en",
            texts=make.TEXTS,
            channels=[channel],
            sheet="consular",
        )

    draft = begin()
    picture = pictures.add_picture(by=writer, revision=draft, data=png(), name="a.png", alt={})
    armed = begin()
    review.submit_statement(by=writer, revision=armed)
    review.approve_statement(by=approver, revision=armed, digest=Revision.objects.get(pk=armed.pk).digest)
    release = releases.release_statement(
        by=releaser, revision=armed, at=clock.now() + timedelta(days=1), zone="UTC"
    )
    released = begin()
    Revision.objects.filter(pk=released.pk).update(state="released")
    type(released.statement).objects.filter(pk=released.statement.pk).update(state="released")
    proposal = facts.propose_fact(
        by=cast.editor,
        sheet=sheet,
        base=fact,
        draft=_reworded(fact),
        why="A clearer sentence is wanted here.",
    )
    question = make_question(cast, mission=cast.berlin)
    call = make_help_call(cast, mission=cast.berlin)
    misunderstanding = Misunderstanding.objects.create(
        ref="M-berlin", mission=cast.berlin, title="Held in Berlin", state="rising"
    )
    answer = answers.draft_answer(
        by=writer,
        mission=cast.berlin,
        sheet="consular",
        source_language="en",
        texts={"en": answers.TextInput(question="Does the day count?", body="Yes, it counts. [F2]")},
    )
    talks = Process.objects.create(
        ref="berlin-talks",
        mission=cast.berlin,
        titles={"en": "Talks in Berlin"},
        languages=["en"],
        state="open",
    )
    party = Party.objects.create(process=talks, name="northland", titles={"en": "Northland"})
    Round.objects.create(process=talks, number=1, statement="2026-secret", state="drafting")
    ask = Ask.objects.create(process=talks, party=party, statement="2026-x", words="Wrong.", at=clock.now())
    token = staff.make_token(by=SYSTEM, officer=writer, name="tool", on_server=True).token
    for row in (draft, armed, released):
        row.refresh_from_db()
    return Ground(
        cast=cast, vilnius=vilnius, writer=writer, approver=approver, releaser=releaser, outsider=outsider,
        draft=draft, armed=armed, released=released, picture=picture, channel=channel,
        delivery=Delivery.objects.get(source=armed.statement.ref, lang="en"), release=release, sheet=sheet,
        fact=fact, proposal=proposal, token=token, question=question, call=call, answer=answer,
        misunderstanding=misunderstanding, ask=ask,
    )  # fmt: skip


def _reworded(fact: Fact) -> Any:
    from dataclasses import replace

    return replace(fact.draft(), texts={"en": "Citizens of 80 states enter without a visa."})


def png(size: tuple[int, int] = (8, 8)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "white").save(out, "PNG")
    return out.getvalue()


def seat(who: Officer, *, csrf: bool = False) -> Client:
    """A browser in which this officer has signed in."""
    client = Client(enforce_csrf_checks=csrf, raise_request_exception=False)
    client.force_login(who, backend=BACKEND)
    session = client.session
    session["account_authentication_methods_user"] = user_id_to_str(who)
    session["account_authentication_methods"] = [{"method": "password", "at": clock.now().timestamp()}]
    session.save()
    return client


def addresses(ground: Ground, revision: Revision) -> Iterator[tuple[str, str]]:
    """Every desk address that names a thing, filled with Berlin's."""
    numbers = {
        "pictures": ground.picture.pk,
        "deliveries": ground.delivery.pk,
        "proposals": ground.proposal.pk,
        "tokens": ground.token.pk,
        "messages": ground.question.messages.get().pk,
        "help": ground.call.pk,
        "asks": ground.ask.pk,
    }
    refs = {
        "/inbox/questions/": ground.question.ref,
        "/inbox/answers/": ground.answer.answer.ref,
        "/inbox/misunderstandings/": ground.misunderstanding.ref,
    }
    slugs = {"facts": ground.sheet.slug, "channels": ground.channel.slug, "staff": "berlin"}
    for pattern, _ in pages():
        if pattern.startswith("/account/") or not PART.search(pattern):
            continue
        parts = ground.parts(revision)
        parts["slug"] = slugs.get(pattern.split("/")[1], "berlin")
        parts["ref"] = next((ref for root, ref in refs.items() if pattern.startswith(root)), parts["ref"])
        if pattern.startswith("/talks/"):
            parts |= {"ref": ground.ask.process.ref, "number": "1", "name": "northland"}
        parts["pk"] = str(next((pk for name, pk in numbers.items() if f"/{name}/" in pattern), 1))
        yield pattern, PART.sub(lambda found, parts=parts: parts[found[1]], pattern)


def everything() -> dict[str, str]:
    """A digest of every table that only a deed may change."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table in OWN_LIFE:
                continue
            rows = SQL("SELECT md5(coalesce(string_agg(t::text, ' ' ORDER BY t::text), '')) FROM {} t")
            cursor.execute(rows.format(Identifier(table)))
            found[table] = str(cursor.fetchone()[0])
    return found
