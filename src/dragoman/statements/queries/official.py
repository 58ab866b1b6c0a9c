"""Whether the channels of a statement may speak for the ministry: without an official account none may."""

from __future__ import annotations

from datetime import datetime

from dragoman.accounts import queries as accounts
from dragoman.channels.models import Channel
from dragoman.lib import canonical
from dragoman.statements.guidelines.model import Action, Finding
from dragoman.statements.models import Revision

RULE = "ACC-1"
MEND = "Have its account confirmed under Official accounts, or take the channel out of the statement."


def findings(revision: Revision, *, action: Action) -> list[Finding]:
    """A finding for each channel that may not speak: it warns while the text is written, and stands in the
    way of a release."""
    release = revision.releases.exclude(state="cancelled").first()
    chosen = list(revision.channels.order_by("id"))
    return [
        _finding(channel, why, blocks=action == "release")
        for channel, why in unofficial(chosen, release.moment if release else None)
    ]


def unofficial(channels: list[Channel], at: datetime | None = None) -> list[tuple[Channel, str]]:
    """The channels that may not speak at that moment, each with why."""
    reasons = accounts.why_not(channels, at)
    return [(channel, reasons[channel.pk]) for channel in channels if channel.pk in reasons]


def _finding(channel: Channel, why: str, *, blocks: bool) -> Finding:
    return Finding(
        rule=RULE,
        severity="blocks" if blocks else "warns",
        title="Posts go out only from official accounts",
        lang="",
        field="channel",
        paragraph=None,
        start=None,
        end=None,
        words="",
        why=f"The channel {channel.label} {why}.",
        source="The public register of official accounts",
        mend=MEND,
        suggestion="",
        key=canonical.digest([RULE, channel.slug, why])[:32],
    )
