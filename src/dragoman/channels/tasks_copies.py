"""Jobs of recipients and copies: load by id, call one action. Every one may run twice."""

from dragoman.base.jobs import every, task
from dragoman.channels.actions import copies as actions
from dragoman.channels.actions import letters, recipients
from dragoman.channels.actions.common import WORKER


@task("channels.copies")
def copies(delivery_id: int) -> None:
    """The delivery is out: a copy to each who asked."""
    actions.start_copies(by=WORKER, delivery_id=delivery_id)


@task("channels.send_copies")
def send_copies(mailing_id: int) -> None:
    """Some of the copies of one delivery."""
    actions.send_copies(by=WORKER, mailing_id=mailing_id)


@task("channels.letter")
def letter(recipient_id: int) -> None:
    """The letter that asks the owner of an address."""
    letters.send_letter(by=WORKER, recipient_id=recipient_id)


@every("* * * * * */10", "channels.sweep_copies")
def sweep(timestamp: int) -> None:
    """Take up whatever is due, however old."""
    actions.sweep_copies(by=WORKER)


@every("41 * * * *", "channels.purge_recipients")
def purge(timestamp: int) -> None:
    """Forget those who never answered or have left."""
    recipients.purge_recipients(by=WORKER)
