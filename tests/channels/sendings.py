"""What the tests of the sender share: toy kinds, and making, putting out and looking at many."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.db import connection
from tests.cast import Cast
from tests.channels.help import SOURCE

from dragoman.channels import actions
from dragoman.channels.actions.common import WORKER
from dragoman.channels.models import Channel, Delivery

real_commits = pytest.mark.django_db(transaction=True)


def make(cast: Cast, name: str, kind: str = "toy", **more: Any) -> Channel:
    return actions.create_channel(
        by=cast.admin, mission=cast.capital, kind=kind, slug=name, label=name, values={"secret": "s"}, **more
    )


def put_out() -> None:
    volley = actions.put_out(by=WORKER, source=SOURCE, rev=1, ready=actions.warm_up(SOURCE, 1))
    actions.book_answers(by=WORKER, volley=volley)


def states() -> dict[str, str]:
    return dict(Delivery.objects.values_list("channel__slug", "state"))


def another() -> psycopg.Connection[Any]:
    of = connection.settings_dict
    return psycopg.connect(dbname=of["NAME"], user=of["USER"], password=of["PASSWORD"], host=of["HOST"])
