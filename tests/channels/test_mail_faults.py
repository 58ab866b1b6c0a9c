"""A worker killed in the middle of a mailing: nobody has two, nobody is lost, each doubt is counted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
import time_machine
from django.conf import settings
from django.db import connection
from tests.cast import assemble
from tests.channels.help import plan
from tests.fakes.email import PASSWORD, Relay

from dragoman.base import clock
from dragoman.channels import actions
from dragoman.channels.actions import copies, recipients
from dragoman.channels.actions.common import WORKER
from dragoman.channels.models import Copy, Mailing
from dragoman.channels.queries import recipients as reads
from dragoman.channels.rounds import GROUP

READERS = 400
LANES = 4
CHILD = """
import django; django.setup()
from dragoman.channels.actions import copies
from dragoman.channels.actions.common import WORKER
copies.send_copies(by=WORKER, mailing_id={pk})
"""


def another_process(mailing: Mailing) -> subprocess.Popen[bytes]:
    database = connection.settings_dict
    query = urlencode({"host": str(database["HOST"]), "port": str(database["PORT"] or "")})
    address = f"postgresql://{database['USER']}:{database['PASSWORD']}@/{database['NAME']}?{query}"
    environment = {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": address,
        "DRAGOMAN_HOME": str(settings.DRAGOMAN.home),
        "DJANGO_SETTINGS_MODULE": "dragoman.config.settings",
    }
    code = CHILD.format(pk=mailing.pk)
    return subprocess.Popen([sys.executable, "-c", code], env=environment, cwd=Path.cwd())


@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_middle_of_a_mailing_sends_nothing_twice_and_loses_nobody() -> None:
    cast = assemble()
    names = {f"reader{number}@x.org" for number in range(READERS)}
    with Relay().running() as relay:
        channel = actions.create_channel(
            by=cast.admin,
            mission=cast.capital,
            kind="email",
            slug="list",
            label="List",
            values={**relay.settings(connections=str(LANES)), "password": PASSWORD},
        )
        people = [(name, "", ()) for name in sorted(names)]
        recipients.import_recipients(
            by=cast.admin, channel=channel, people=people, basis="A list of readers made up for a test"
        )
        delivery = plan(cast, channel)
        actions.deliver(by=WORKER, delivery_id=delivery.pk)
        assert copies.start_copies(by=WORKER, delivery_id=delivery.pk) == READERS
        mailing = Mailing.objects.get(delivery=delivery)
        for killed_at in (90, 230):
            child = another_process(mailing)
            while len(relay.got) < killed_at and child.poll() is None:
                time.sleep(0.001)
            child.kill()
            assert child.wait() == -signal.SIGKILL
            assert len(relay.got) < READERS
            time.sleep(0.2)  # what was on its way arrives
            with time_machine.travel(clock.now() + timedelta(minutes=5), tick=True):
                copies._take_over(delivery)
        assert copies.send_copies(by=WORKER, mailing_id=mailing.pk) == "ended"
        received = [got.recipient for got in relay.got]
        assert len(received) == len(set(received))  # nobody has two
        found = reads.copy_counts(delivery.pk)
        assert set(found) <= {"done", "unsure"}
        assert sum(found.values()) == READERS
        assert found.get("unsure", 0) <= 2 * LANES * GROUP  # so many were with the relay at each death
        not_received = names - set(received)
        doubtful = {
            reads.address_of(copy.recipient)["email"]
            for copy in Copy.objects.filter(state="unsure").select_related("recipient")
            if copy.recipient
        }
        assert not_received <= doubtful  # nobody is lost: whoever has none is counted among the doubts
