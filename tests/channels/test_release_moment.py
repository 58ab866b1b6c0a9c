"""The moment of a release meets what is under way just then."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction
from tests.cast import assemble
from tests.channels.help import SOURCE, plan, sandbox

from dragoman.channels import actions
from dragoman.channels.actions.common import WORKER
from dragoman.channels.models import Delivery


@pytest.mark.django_db(transaction=True)
def test_a_delivery_that_is_just_being_prepared_is_started_all_the_same() -> None:
    """Its row is held by whoever writes down what was prepared: a release waits, and never skips it."""
    cast = assemble()
    delivery = plan(cast, sandbox(cast), started=False)
    held, go = threading.Event(), threading.Event()

    def prepare() -> None:
        with transaction.atomic():
            Delivery.objects.select_for_update().get(pk=delivery.pk)
            held.set()
            go.wait(0.5)
        connection.close()

    other = threading.Thread(target=prepare)
    other.start()
    assert held.wait(10)
    volley = actions.put_out(by=WORKER, source=SOURCE, rev=1, ready=actions.warm_up(SOURCE, 1))
    actions.book_answers(by=WORKER, volley=volley)
    other.join()
    delivery.refresh_from_db()
    assert delivery.started is not None
    assert delivery.state == "sent"
