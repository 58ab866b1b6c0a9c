"""Speaks to the ministry's own mail relay: one message to each recipient, signed, with a way out in each.

SMTP has no key that forbids doubling: a relay that fell silent after it had the text may have taken it. Such
a copy is unsure, and is not sent again.

A relay usually stands in the ministry's own network, so the channel may say that it does (`network`). That is
safe here and would not be for web addresses: an administrator names the relay, the deed is in the audit, a
relay speaks first, and nothing that a stranger wrote decides where the connection goes.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from dragoman.channels.connector import (
    LANGUAGES,
    LETTERS,
    MANY,
    Account,
    Base,
    Copied,
    Field,
    Health,
    Kind,
    Limit,
    Piece,
    Post,
    Prepared,
    Recipient,
    Refused,
    Rendition,
    Sent,
    TryLater,
    Unsure,
)
from dragoman.channels.connectors.email import rendering, signing
from dragoman.channels.connectors.email.lines import Lines
from dragoman.channels.connectors.email.mime import Form, Sender
from dragoman.lib.http import Door, NotReached
from dragoman.lib.smtp import Line, Lost, Rejected, Relay, Verdict

MEND = "It looks like name@example.org."
ADDRESS = r"[^\s@<>\"]+@[^\s@<>\"]+\.[^\s@<>\"]+"
BUDGET = 70.0  # seconds for one group; what was not begun by then waits for the next
GONE = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})  # RFC 3463, 7505, 5321

FIELDS = (
    Field("relay", "Relay", "The host that takes your mail, such as smtp.mfa.example."),
    Field("port", "Port", default="587", pattern=r"[0-9]{2,5}", mend="A number such as 587.", advanced=True),
    Field(
        "security",
        "Encryption",
        "Without encryption a relay is spoken to on this very machine only.",
        default="starttls",
        choices=(
            ("starttls", "STARTTLS (port 587)"),
            ("tls", "TLS from the start (port 465)"),
            ("none", "None"),
        ),
        advanced=True,
    ),
    Field(
        "network",
        "Where the relay stands",
        default="public",
        choices=(("public", "On the public internet"), ("inside", "In our own network or on this machine")),
    ),
    Field(
        "user", "Name at the relay", "Leave empty if the relay knows the desk by its address.", required=False
    ),
    Field("password", "Password at the relay", secret=True, required=False),
    Field("from_address", "Sender's address", "Readers see it.", pattern=ADDRESS, mend=MEND),
    Field("from_name", "Sender's name", "Readers see it, such as: Ministry of Foreign Affairs."),
    Field(
        "reply_to",
        "Answers go to",
        "Leave empty for the sender's address.",
        required=False,
        pattern=ADDRESS,
        mend=MEND,
    ),
    Field(
        "bounce_address",
        "Returned mail goes to",
        "A mark is put behind its name with a +, so the relay must take name+anything@. Leave empty for the "
        "sender's address.",
        required=False,
        pattern=ADDRESS,
        mend=MEND,
    ),
    Field("topics", "Topics", "What readers may choose from, with commas: visas, culture.", required=False),
    Field(
        "dkim_domain", "DKIM: domain", "The domain of the sender's address.", required=False, advanced=True
    ),
    Field("dkim_selector", "DKIM: selector", "Such as dragoman2026.", required=False, advanced=True),
    Field(
        "dkim_key",
        "DKIM: private key",
        "An RSA key of 2048 bits as PEM. Leave empty if the relay signs.",
        secret=True,
        required=False,
        advanced=True,
    ),
    Field(
        "connections",
        "Connections at once",
        default="4",
        pattern=r"[1-9]|[1-4][0-9]",
        mend="A number from 1 to 49.",
        advanced=True,
    ),
    Field(
        "per_connection",
        "Messages in one connection",
        default="100",
        pattern=r"[1-9][0-9]{0,4}",
        mend="A number such as 100.",
        advanced=True,
    ),
)
KIND = Kind(
    name="email",
    label="E-mail",
    abilities=frozenset({MANY, LETTERS, LANGUAGES}),
    fields=FIELDS,
    limits=(
        Limit("subject", rendering.SUBJECT, "characters", "our own, for inboxes cut it", "2026-11-22"),
        Limit("text", rendering.TEXT, "bytes", "Gmail shows 102 kB of a mail", "2026-11-22"),
        Limit("line", 998, "characters", "RFC 5322, 2.1.1", "2026-11-22"),
    ),
    help_file=Path(__file__).with_name("help.md"),
    about="One mail to each who asked for it and confirmed it, by your own relay.",
)
BAD_SIGN_IN = "Enter the name and password of the relay again under Credentials, and check the encryption."


class Email(Base):
    """One list, sent through one relay."""

    def __init__(self, account: Account, door: Door) -> None:
        super().__init__(account, door)
        self.lanes = self._number("connections", 4)
        self._lines: Lines | None = None
        self._forms: dict[str, Form] = {}

    def render(self, piece: Piece) -> Rendition:
        return rendering.render(piece)

    def letter(self, piece: Piece) -> Rendition:
        return rendering.letter(piece)

    async def check(self) -> Health:
        """Signs in at the relay and leaves; sends nothing."""
        signer = self._signer
        await (await self._open()).close()
        may = [f"send up to {self.lanes} mails at once, as {self._from}"]
        if signer is not None:
            may.append(f"sign with DKIM, if the DNS has at {signer.place} the TXT record {signer.record}")
        else:
            may.append("send without a DKIM signature of its own; the relay has to sign")
        says = f"The relay {self.account.settings.get('relay', '')} lets us in."
        return Health(True, says, self._from, may=tuple(may))

    async def send(self, prepared: Prepared) -> Sent:
        """What is done once: prove that the relay lets us in and that the mail can be made and signed."""
        signer = self._signer
        form = self._form(prepared.post)
        if signer is not None:
            signer.header(*form.message(_sample()))
        await (await self._open()).close()
        return Sent(f"mail:{form.message_id('')}", prepared.post.url, datetime.now(UTC))

    async def find(self, post: Post) -> Sent | None:
        raise Unsure("Nobody can be asked what is in a mailbox.", look_for="the log of the relay")

    async def send_each(self, prepared: Prepared, recipients: Sequence[Recipient]) -> Sequence[Copied]:
        """One after the other on one line; the desk asks for several groups at once, each on its own."""
        form, signer = self._form(prepared.post), self._signer
        until = time.monotonic() + BUDGET
        told: list[Copied] = []
        line: Line | None = None
        for one in recipients:
            try:
                if time.monotonic() > until:
                    raise NotReached("the relay is slow; it is sent with the next group")
                if line is None or not line.alive or line.sent >= self._pool.messages:
                    if line is not None:
                        await line.close()
                    line = await self._open()
                told.append(await self._one(line, form, signer, one))
            except Lost as lost:
                told.append(Copied(one.ref, "unsure", str(lost).capitalize() + "."))
            except (NotReached, TryLater, Refused) as problem:
                if not told:
                    raise _whole(problem) from None
                told += [Copied(rest.ref, "later", str(problem)) for rest in recipients[len(told) :]]
                break
        if line is not None:
            await self._pool.give_back(line)
        return told

    async def rest(self) -> None:
        if self._lines is not None:
            await self._lines.close()

    async def _one(self, line: Line, form: Form, signer: signing.Signer | None, one: Recipient) -> Copied:
        address = one.address.get("email", "")
        try:
            headers, body = form.message(
                {
                    "to": address,
                    "id": form.message_id(one.ref),
                    "leave": one.address.get("leave", ""),
                    "one_click": one.address.get("one_click", ""),
                }
            )
        except ValueError:
            return Copied(one.ref, "gone", "The address is not one that mail can be sent to.")
        signature = signer.header(headers, body) if signer else b""
        text = b"".join((signature, headers, b"\r\n", body))
        verdict = await line.send(self._bounce(one.address.get("bounce", "")), address, text)
        if verdict.taken:
            return Copied(one.ref, "done")
        if verdict.stage == "sender" and not verdict.for_now:
            raise Refused(
                f"The relay does not take mail from this sender ({verdict.code}).",
                shown="Let the relay take the sender's address and the address for returned mail.",
                account=True,
            )
        return Copied(one.ref, _outcome(verdict), _why(verdict))

    async def _open(self) -> Line:
        try:
            return await self._pool.take()
        except Rejected as problem:
            if problem.lasting:
                raise Refused(str(problem), shown=BAD_SIGN_IN, account=True) from None
            raise TryLater(str(problem), account=True) from None
        except NotReached as problem:
            raise TryLater(f"{str(problem).capitalize()}.", account=True) from None

    def _form(self, post: Post) -> Form:
        """Made once a post. Its date is the hour of the first copy, and a run lasts less than a minute."""
        if post.key not in self._forms:
            settings = self.account.settings
            domain = self._from.rpartition("@")[2]
            sender = Sender(
                address=self._from,
                name=settings.get("from_name", ""),
                reply_to=settings.get("reply_to", ""),
                domain=domain,
                list_id=f"{self.account.name}.{domain}",
                list_name=settings.get("from_name", "") or self.account.name,
            )
            self._forms[post.key] = Form(post, sender, datetime.now(UTC))
        return self._forms[post.key]

    @property
    def _from(self) -> str:
        return self.account.settings.get("from_address", "")

    def _bounce(self, tag: str) -> str:
        """Where the relay sends back what nobody takes; the tag says whose it was (VERP)."""
        local, _, domain = (self.account.settings.get("bounce_address") or self._from).rpartition("@")
        return f"{local}+{tag}@{domain}" if tag else f"{local}@{domain}"

    @cached_property
    def _signer(self) -> signing.Signer | None:
        key = self.account.secrets.get("dkim_key", "")
        domain = self.account.settings.get("dkim_domain", "") or self._from.rpartition("@")[2]
        selector = self.account.settings.get("dkim_selector", "")
        if not key:
            return None
        try:
            if not selector:
                raise signing.BadKey("A key is given and no selector.")
            return signing.Signer(domain, selector, signing.read_key(key))
        except signing.BadKey as problem:
            raise Refused(
                f"Mail cannot be signed: {problem}",
                shown="Give the selector, and enter the key again under Credentials.",
                account=True,
            ) from None

    @property
    def _pool(self) -> Lines:
        if self._lines is None:
            settings = self.account.settings
            security = settings.get("security", "starttls")
            relay = Relay(
                host=settings.get("relay", ""),
                port=self._number("port", 587),
                security="tls" if security == "tls" else "none" if security == "none" else "starttls",
                user=settings.get("user", ""),
                password=self.account.secrets.get("password", ""),
                inside=settings.get("network") == "inside",
                greeting=self._from.rpartition("@")[2] or "localhost",
            )
            self._lines = Lines(
                relay,
                messages=self._number("per_connection", 100),
                allow_loopback=self.door.allow_loopback,
            )
        return self._lines

    def _number(self, name: str, default: int) -> int:
        value = self.account.settings.get(name, "")
        return int(value) if value.isascii() and value.isdigit() else default


def _outcome(verdict: Verdict) -> str:
    if verdict.for_now:
        return "later"
    unknown = verdict.enhanced in GONE or (not verdict.enhanced and verdict.code in (550, 551, 553))
    return "gone" if unknown and verdict.stage == "recipient" else "refused"


def _why(verdict: Verdict) -> str:
    """The relay's code. Not its words: they may repeat the address."""
    code = f"{verdict.code} {verdict.enhanced}".strip()
    return f"The relay answered {code} to the {verdict.stage}."


def _whole(problem: Exception) -> Exception:
    """For a group of which nothing was sent, in the words of the port."""
    if isinstance(problem, NotReached):
        return TryLater(f"{str(problem).capitalize()}.", account=True)
    return problem


def _sample() -> dict[str, str]:
    url = "https://mfa.example/"
    return {"to": "somebody@mfa.example", "id": "x@mfa.example", "leave": url, "one_click": url}


def connect(account: Account, door: Door) -> Email:
    """An e-mail list of one account."""
    return Email(account, door)
