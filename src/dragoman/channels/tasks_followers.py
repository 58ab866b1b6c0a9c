"""Jobs of the ministry's own actors: load by id, call one action. Every one may run twice."""

from dragoman.base.jobs import every, task
from dragoman.channels.actions import followers as actions
from dragoman.channels.actions.common import WORKER
from dragoman.channels.models import Channel


@task("channels.answer_activity")
def answer_activity(activity_id: int) -> None:
    """What another server told us."""
    actions.answer_activity(by=WORKER, activity_id=activity_id)


@task("channels.announce_actor")
def announce_actor(channel_id: int) -> None:
    """Our actor is another than before."""
    channel = Channel.objects.select_related("mission").get(pk=channel_id)
    actions.announce_actor(by=WORKER, channel=channel)


@every("* * * * * */20", "channels.sweep_activities")
def sweep_activities(timestamp: int) -> None:
    """Take up whatever is due, however old."""
    actions.sweep_activities(by=WORKER)


@every("27 * * * *", "channels.sweep_actors")
def sweep_actors(timestamp: int) -> None:
    """Every hour, actors that were changed."""
    actions.sweep_actors(by=WORKER)
