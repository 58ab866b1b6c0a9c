"""Jobs: load by id, call one action. Every one may run twice."""

from datetime import timedelta

from dragoman.base.jobs import every, task
from dragoman.channels import actions, staging, tasks_copies, tasks_followers
from dragoman.channels.actions.common import WORKER
from dragoman.channels.models import Channel

__all__ = ["tasks_copies", "tasks_followers"]  # their jobs are found by way of this module


@task("channels.deliver")
def deliver(delivery_id: int) -> None:
    """One attempt, if one is due."""
    actions.deliver(by=WORKER, delivery_id=delivery_id)


@task("channels.prepare")
def prepare(delivery_id: int) -> None:
    """Do ahead what can be done ahead."""
    actions.prepare_delivery(by=WORKER, delivery_id=delivery_id)


@task("channels.settle")
def settle(delivery_id: int) -> None:
    """Look whether an unsure delivery is out."""
    actions.settle(by=WORKER, delivery_id=delivery_id)


@task("channels.take_over")
def take_over(delivery_id: int) -> None:
    """The worker that held it is gone."""
    actions.take_over(by=WORKER, delivery_id=delivery_id)


@task("channels.expire")
def expire(delivery_id: int) -> None:
    """Too late to be of use."""
    actions.expire_delivery(by=WORKER, delivery_id=delivery_id)


@task("channels.take_down")
def take_down(takedown_id: int) -> None:
    """Take one copy down."""
    actions.take_down(by=WORKER, takedown_id=takedown_id)


@task("channels.check")
def check(channel_id: int) -> None:
    """Ask one network whether we are still welcome."""
    actions.check_channel(by=WORKER, channel=Channel.objects.select_related("mission").get(pk=channel_id))


@task("channels.sweep_now")
def sweep_now() -> None:
    """A sweep out of turn, of all that is due this moment."""
    actions.sweep(by=WORKER, grace=timedelta())


@every("* * * * * */10", "channels.sweep")
def sweep(timestamp: int) -> None:
    """Take up whatever is due, however old."""
    actions.sweep(by=WORKER)


@every("*/5 * * * *", "channels.look_ahead")
def look_ahead(timestamp: int) -> None:
    """Check what will be needed, hours before it is needed."""
    actions.look_ahead(by=WORKER)


@every("17 * * * *", "channels.check_all")
def check_all(timestamp: int) -> None:
    """Every hour, so that a dead account is known before it is needed."""
    for pk in Channel.objects.filter(state="on").values_list("pk", flat=True):
        check.defer(channel_id=pk)


@every("*/10 * * * *", "channels.sweep_staged")
def sweep_staged(timestamp: int) -> None:
    """Take away what was given a public address for a network to fetch."""
    staging.sweep()


@task("channels.renew")
def renew(channel_id: int) -> None:
    """Renew one sign-in."""
    actions.renew_sign_in(by=WORKER, channel=Channel.objects.select_related("mission").get(pk=channel_id))


@every("* * * * *", "channels.renew_due")
def renew_due(timestamp: int) -> None:
    """Every minute, whatever sign-in comes to its end."""
    actions.sweep_sign_ins(by=WORKER)


@task("channels.fetch")
def fetch(channel_id: int) -> None:
    """Read what came in on one channel."""
    actions.fetch_arrivals(by=WORKER, channel_id=channel_id)


@task("channels.look_back")
def look_back(channel_id: int) -> None:
    """Look for gaps on one channel."""
    actions.look_back(by=WORKER, channel_id=channel_id)


@every("* * * * *", "channels.fetch_due")
def fetch_due(timestamp: int) -> None:
    """Every minute, the channels whose answers are to be read."""
    actions.sweep_arrivals(by=WORKER)
