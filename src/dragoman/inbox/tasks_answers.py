"""Jobs of answers. What waits is found by the sweep, however old it is."""

from dragoman.base.jobs import every, task
from dragoman.inbox.actions import answers_publishing, auto_sending, telling, telling_mail


@task("inbox.publish_answer")
def publish_answer(version_id: int) -> None:
    """An approved version into the record and onto its page."""
    answers_publishing.publish_answer(by=telling.WORKER, version_id=version_id)


@task("inbox.run_send")
def run_send(send_id: int) -> None:
    """Carry one press."""
    telling.run_send(by=telling.WORKER, send_id=send_id)


@task("inbox.cancel_unsaid")
def cancel_unsaid(version_id: int) -> None:
    """Nobody else is told a version that stands no longer."""
    telling.cancel_unsaid(by=telling.WORKER, version_id=version_id)


@task("inbox.cancel_stopped")
def cancel_stopped(send_id: int) -> None:
    """The rest of a press that was stopped."""
    telling.cancel_stopped(by=telling.WORKER, send_id=send_id)


@every("* * * * * */5", "inbox.sweep_answers")
def sweep_answers(timestamp: int) -> None:
    """Publish, send, settle, cancel: whatever no job did. Then what may go by itself."""
    telling.sweep_answers(by=telling.WORKER)
    telling_mail.give_up_letters(by=telling.WORKER)
    auto_sending.send_exact(by=telling.WORKER)
