"""The ministry's own actor: publishing is putting files on our own ground, and then telling those who follow.

`send` writes the note and the activity that brings it; both have their names from the delivery's key, so
doing it twice does it once. `send_each` posts that activity to inboxes, once to each server that has a
shared one. Servers drop an activity whose id they have seen, so a lost answer is simply asked again. Which
inboxes may have a note is kept, for `withdraw` must tell the very same ones.

A correction is a delivery of its own with a note of its own: nothing that was released is changed under its
reader. `Update` is sent for the actor (`announce`) and for a note that must be shown anew as it is
(`refresh`).
"""

import asyncio
import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from dragoman.channels import connector as port
from dragoman.channels.connector import (
    Account,
    Copied,
    Figures,
    Health,
    Piece,
    Post,
    Prepared,
    Recipient,
    Refused,
    Rendition,
    Sent,
    TryLater,
)
from dragoman.channels.connectors.activitypub import documents, rendering
from dragoman.channels.connectors.activitypub.kind import KIND
from dragoman.channels.connectors.activitypub.names import Names, name_of
from dragoman.channels.connectors.activitypub.peers import Signer
from dragoman.channels.connectors.activitypub.shelf import Shelf, Taken
from dragoman.channels.connectors.activitypub.talk import Came, Talk
from dragoman.lib.http import Door, DoorError
from dragoman.lib.signatures import keys
from dragoman.lib.signatures.keys import BadKey, PrivateKey
from dragoman.lib.steps import step

__all__ = ["KIND", "ActivityPub", "connect"]

TELLING_SECONDS = 60.0
MAKE_ANOTHER = "Enter the key of the backup under Credentials, or a new one; other servers fetch it anew."


def connect(account: Account, door: Door) -> "ActivityPub":
    """A connector for one actor."""
    return ActivityPub(account, door)


class ActivityPub(port.Base):
    """The verbs of the port, and three of its own: `welcome`, `announce`, `refresh`."""

    def __init__(self, account: Account, door: Door) -> None:
        super().__init__(account, door)
        self._told: dict[tuple[str, str], asyncio.Task[Came]] = {}

    def render(self, piece: Piece) -> Rendition:
        return rendering.render(piece, form=self.account.settings.get("form") or rendering.WHOLE)

    async def check(self) -> Health:
        """Writes who we are, then asks our own site for us as other servers do."""
        self.publish_actor()
        who = self.names.account
        try:
            answer = await self.door.call(
                "GET",
                f"{self.names.site}/.well-known/webfinger",
                params={"resource": f"acct:{who.lstrip('@')}"},
                headers={"accept": "application/jrd+json"},
            )
            found = answer.json() if answer.ok else {}
        except DoorError as problem:
            return Health(False, f"Other servers cannot find the account: {problem}.", who)
        if {"rel": "self", "type": documents.MEDIA_TYPE, "href": self.names.actor} not in found.get(
            "links", ()
        ):
            says = f"The site does not say who {who} is (it answered {answer.status}). Is the address right?"
            return Health(False, says, who)
        return Health(True, "The account can be found and followed.", who, may=("post", "be followed"))

    async def send(self, prepared: Prepared) -> Sent:
        """Publishes on our own ground. Nobody is told yet."""
        post, name = prepared.post, self._name(prepared.post)
        self.publish_actor()
        standing = self.shelf.note(name)
        if standing is not None and standing.get("type") == "Tombstone":
            raise Refused("This note was withdrawn, and a withdrawn note does not come back.")
        if standing is None:
            self.shelf.put_note(name, documents.note(self.names, name, post))
            step("activitypub.note")
        note = self.shelf.note(name) or {}
        self.shelf.put_activity(f"create-{name}", documents.create(self.names, name, note))
        step("activitypub.published")
        return self._sent(name, datetime.now(UTC))

    async def send_each(self, prepared: Prepared, recipients: Sequence[Recipient]) -> Sequence[Copied]:
        """One POST to each shared inbox; what became of it is told for all who share it."""
        name = self._name(prepared.post)
        create = self.shelf.activity(f"create-{name}")
        if create is None:
            raise TryLater("The note is not on our own ground yet.")
        talk = self.talk
        shared: dict[str, list[Recipient]] = defaultdict(list)
        for recipient in recipients:
            inbox = recipient.address.get("sharedInbox") or recipient.address.get("inbox", "")
            shared[inbox].append(recipient)
        groups = await asyncio.gather(
            *(self._bring(talk, name, create, inbox, group) for inbox, group in shared.items())
        )
        found = {copied.ref: copied for group in groups for copied in group}
        return [found[recipient.ref] for recipient in recipients]

    async def find(self, post: Post) -> Sent | None:
        note = self.shelf.note(self._name(post))
        if note is None or note.get("type") == "Tombstone":
            return None
        name = self._name(post)
        return self._sent(name, datetime.now(UTC)) if self.shelf.activity(f"create-{name}") else None

    async def withdraw(self, post: Post, sent: Sent | None) -> None:
        """A tombstone in its place, and a Delete to every inbox that may have it."""
        name = self._name(post)
        note = self.shelf.note(name)
        if note is None:
            return
        if note.get("type") != "Tombstone":
            self.shelf.put_note(name, documents.tombstone(self.names, name, datetime.now(UTC)))
        self.shelf.drop_activity(f"create-{name}")
        delete = documents.delete(self.names, name)
        self.shelf.put_activity(f"delete-{name}", delete)
        step("activitypub.tombstone")
        left = await self._tell(
            delete, self.shelf.told(name), then=lambda inbox: self.shelf.untell(name, inbox)
        )
        if left:
            raise TryLater(f"It is withdrawn here; {left} other servers could not be told yet.")

    async def figures(self, sent: Sent) -> Figures:
        """Likes and shares that other servers told us of."""
        name = self.names.note_name(sent.remote_id)
        return Figures({"likes": 0, "shares": 0} | self.shelf.counts(name), datetime.now(UTC))

    # --- verbs of its own ---

    def publish_actor(self) -> bool:
        """Writes who we are where other servers look. True when it is another than before."""
        try:
            self.shelf.claim(self.account.name)
        except Taken:
            raise Refused(
                f"Another channel of this desk has the handle {self.names.handle}.",
                shown="Use that channel, or choose another handle.",
                account=True,
            ) from None
        public = keys.public_pem(self.key.public_key())
        return self.shelf.put_actor(documents.actor(self.names, self.account.settings, public))

    async def welcome(self, follow: Mapping[str, Any], inbox: str) -> Came:
        """Say yes to one who wants to follow."""
        name = hashlib.sha256(str(follow.get("id")).encode()).hexdigest()[:32]
        return await self.talk.post(inbox, documents.accept(self.names, name, follow))

    async def announce(self, inboxes: Sequence[str]) -> int:
        """Tell that the actor is another than before. Gives how many inboxes could not be told."""
        self.publish_actor()
        document = self.shelf.actor() or {}
        left = await self._tell(documents.update(self.names, document, datetime.now(UTC)), inboxes)
        self.shelf.mark_announced()
        return left

    async def refresh(self, post: Post) -> int:
        """Show a note anew as it was approved, where it may have been kept wrongly. Gives how many inboxes
        could not be told."""
        name = self._name(post)
        note = self.shelf.note(name)
        if note is None or note.get("type") == "Tombstone":
            raise Refused("There is no such note to be shown anew.")
        now = datetime.now(UTC)
        renewed = documents.note(self.names, name, post) | {"updated": documents.iso(now)}
        self.shelf.put_note(name, renewed)
        self.shelf.put_activity(f"create-{name}", documents.create(self.names, name, renewed))
        return await self._tell(documents.update(self.names, renewed, now), self.shelf.told(name))

    # --- parts ---

    @cached_property
    def names(self) -> Names:
        settings = self.account.settings
        return Names(settings.get("service", "").rstrip("/"), settings.get("handle", ""))

    @cached_property
    def shelf(self) -> Shelf:
        try:
            return Shelf(self.account.folder, self.names.handle)
        except ValueError as problem:
            raise Refused(f"The handle is not usable: {problem}.", account=True) from None

    @cached_property
    def key(self) -> PrivateKey:
        try:
            return keys.private(self.account.secrets.get("private_key", ""))
        except BadKey as problem:
            raise Refused(
                f"The signing key is not usable: {problem}.", shown=MAKE_ANOTHER, account=True
            ) from None

    @property
    def signer(self) -> Signer:
        return Signer(self.names.key, self.key)

    @cached_property
    def talk(self) -> Talk:
        return Talk(self.door, self.shelf, self.signer)

    def _name(self, post: Post) -> str:
        return name_of(post.key, post.at)

    def _sent(self, name: str, at: datetime) -> Sent:
        address = self.names.note(name)
        return Sent(address, address, at, {"activity": self.names.activity(f"create-{name}")})

    async def _bring(
        self, talk: Talk, name: str, create: Mapping[str, Any], inbox: str, group: Sequence[Recipient]
    ) -> list[Copied]:
        came = await self._once(talk, name, create, inbox)
        own = [one for one in group if one.address.get("inbox", inbox) != inbox]
        if came.missing and own:
            # the server has no shared inbox any more; its people may still have their own
            singly = await asyncio.gather(
                *(self._once(talk, name, create, one.address["inbox"]) for one in own)
            )
            each = {one.ref: (one.address["inbox"], its) for one, its in zip(own, singly, strict=True)}
        else:
            each = {}
        return [_copied(one, *each.get(one.ref, (inbox, came))) for one in group]

    async def _once(self, talk: Talk, name: str, activity: Mapping[str, Any], inbox: str) -> Came:
        """One POST to an inbox in one run, however many groups of recipients name it."""
        key = (str(activity["id"]), inbox)
        known = self._told.get(key)
        if known is None or (known.done() and known.result().outcome == "later"):
            known = self._told[key] = asyncio.create_task(self._post(talk, name, activity, inbox))
        return await asyncio.shield(known)

    async def _post(self, talk: Talk, name: str, activity: Mapping[str, Any], inbox: str) -> Came:
        came = await talk.post(inbox, activity)
        if came.may_have:
            self.shelf.tell(name, inbox)
        step("activitypub.told")
        return came

    async def _tell(self, activity: Mapping[str, Any], inboxes: Sequence[str], then: Any = None) -> int:
        """To each inbox, within a minute. Those that are gone or refuse us need not be told again."""
        talk = self.talk

        async def one(inbox: str) -> bool:
            came = await talk.post(inbox, activity)
            if came.outcome != "later" and then is not None:
                then(inbox)
            return came.outcome != "later"

        tasks = [asyncio.create_task(one(inbox)) for inbox in dict.fromkeys(inboxes)]
        if not tasks:
            return 0
        done, waiting = await asyncio.wait(tasks, timeout=TELLING_SECONDS)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        return len(tasks) - sum(1 for task in done if task.exception() is None and task.result())


def _copied(recipient: Recipient, inbox: str, came: Came) -> Copied:
    return Copied(recipient.ref, came.outcome, came.why, inbox if came.outcome == "done" else "")
