"""Mail that came back: what a delivery status notification says (RFC 3464, 6522), read without trust."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import dataclass
from email.message import Message

MOST_BYTES = 1_000_000
MOST_PARTS = 50
# Where the relay put the address that the mail was returned to.
RETURNED_TO = ("x-original-to", "delivered-to", "envelope-to", "to")
TAG = re.compile(r"\+([a-z2-7]{42})@", re.IGNORECASE)
STATUS = re.compile(r"\s*([245])\.(\d{1,3})\.(\d{1,3})")
NO_SUCH_BOX = frozenset({(1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (2, 1)})


@dataclass(frozen=True, slots=True)
class Returned:
    """Whose mail came back, by the tags of the addresses it was returned to, and why."""

    tags: tuple[str, ...]
    action: str
    status: str

    @property
    def lasting(self) -> bool:
        """It failed for good, as far as the other side can tell."""
        return self.action == "failed" and self.status.startswith("5")

    @property
    def unknown(self) -> bool:
        """There is no such mailbox, or no such host."""
        found = STATUS.fullmatch(self.status)
        return found is not None and self.lasting and (int(found[2]), int(found[3])) in NO_SUCH_BOX


def read(raw: bytes) -> Returned | None:
    """What a returned mail says; None when it is anything else: an answer of an absent reader, a forgery
    without a report, nonsense. Never raises."""
    if len(raw) > MOST_BYTES:
        return None
    message = email.message_from_bytes(raw, policy=email.policy.compat32)
    tags = [
        tag.lower()
        for name in RETURNED_TO
        for value in message.get_all(name, [])
        for tag in TAG.findall(str(value))
    ]
    if not tags:
        return None
    for part, _ in zip(message.walk(), range(MOST_PARTS), strict=False):
        if part.get_content_type() == "message/delivery-status":
            found = _report(part)
            if found is not None:
                return Returned(tuple(dict.fromkeys(tags)), *found)
    return None


def _report(part: Message) -> tuple[str, str] | None:
    """Action and status of the first recipient (RFC 3464, 2.3); a group of fields is a message of its own."""
    groups = part.get_payload()
    for group in groups if isinstance(groups, list) else []:
        if not isinstance(group, Message):
            continue
        action = str(group.get("action", "")).strip().lower()
        status = STATUS.match(str(group.get("status", "")))
        if action and status:
            return action, ".".join(status.groups())
    return None
