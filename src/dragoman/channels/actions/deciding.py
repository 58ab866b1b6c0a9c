"""What only a person can decide about a delivery."""

from __future__ import annotations

from django.db import transaction

from dragoman.base import clock
from dragoman.base.actor import Actor
from dragoman.base.jobs import later
from dragoman.channels import rules
from dragoman.channels.actions.common import may_release, note
from dragoman.channels.actions.takedowns import done_by_hand
from dragoman.channels.models import Delivery
from dragoman.lib.problems import Conflict, Invalid


@transaction.atomic
def decide_unsure(
    *, by: Actor, delivery: Delivery, was_sent: bool, remote_url: str = "", why: str, again: bool = True
) -> Delivery:
    """A person has looked. `was_sent`: it is out, at `remote_url`. Otherwise it is not out: it is sent
    `again`, or left. The reason is required, and both answers are kept."""
    row = _locked(by, delivery)
    if row.state != "unsure":
        raise Conflict(
            f"It is {row.state}, so there is nothing to decide.", mend="Reload the page.", code="wrong-state"
        )
    if not why.strip():
        words = "Say where you looked and what you saw."
        raise Invalid(words, code="reason", where=[{"field": "why", "message": words}])
    if remote_url and not remote_url.startswith(("https://", "http://", "sandbox:")):
        words = "The address must begin with https://"
        raise Invalid(words, code="address", where=[{"field": "remote_url", "message": words}])
    now = clock.now()
    if was_sent:
        moment = (
            row.attempts.filter(verb="send").order_by("-started").values_list("started", flat=True).first()
        )
        row.move_to(
            "sent",
            frm="unsure",
            next_at=None,
            person=False,
            why=f"{by.audit_name} found it.",
            shown="",
            sent_at=moment or now,
            remote_url=remote_url,
        )
    elif not again:
        row.move_to(
            "refused",
            frm="unsure",
            next_at=None,
            person=True,
            why=f"{by.audit_name} found that it is not out.",
        )
    else:
        _in_time(row)
        row.move_to(
            "queued",
            frm="unsure",
            next_at=now,
            person=False,
            why=f"{by.audit_name} found that it is not out; it is sent again.",
            shown="",
        )
        later("channels.deliver", delivery_id=row.pk)
    note(by, "decide_unsure", row, why=why, was_sent=was_sent, again=again, remote_url=remote_url)
    return row


@transaction.atomic
def retry_delivery(*, by: Actor, delivery: Delivery, why: str = "") -> Delivery:
    """Send again what the network refused, once its cause is mended. The key stays, so nothing can double."""
    row = _locked(by, delivery)
    if row.state != "refused":
        raise Conflict(f"It is {row.state}, not refused.", mend="Reload the page.", code="wrong-state")
    _in_time(row)
    row.move_to("queued", frm="refused", next_at=clock.now(), person=False, why="", shown="")
    later("channels.deliver", delivery_id=row.pk)
    note(by, "retry_delivery", row, why=why)
    return row


@transaction.atomic
def mark_taken_down(*, by: Actor, delivery: Delivery, why: str) -> None:
    """A person has taken the copy down on the network itself."""
    row = _locked(by, delivery)
    takedown = getattr(row, "takedown", None)
    if takedown is None:
        raise Conflict("Its withdrawal was not asked for.", code="wrong-state")
    done_by_hand(by=by, takedown=takedown, why=why or f"Taken down by {by.audit_name}.")
    note(by, "mark_taken_down", row, why=why)


def _locked(by: Actor, delivery: Delivery) -> Delivery:
    row = (
        Delivery.objects.select_for_update(of=("self",))
        .select_related("channel__mission")
        .get(pk=delivery.pk)
    )
    may_release(by, row.channel.mission)
    return row


def _in_time(row: Delivery) -> None:
    if rules.expired(row.last_useful, clock.now()):
        raise Conflict(
            "Its last useful moment has passed, so it is not sent any more.",
            mend="Release the text anew if it is still of use.",
            code="expired",
        )
