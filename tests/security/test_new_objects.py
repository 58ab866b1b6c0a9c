"""Official accounts, subscribers and copies of one mission are out of reach of another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from tests.accounts.help import MASTODON
from tests.cast import officer
from tests.fakes.email import PASSWORD
from tests.security.ground import SYSTEM, Ground, everything, seat

from dragoman.accounts import actions as accounts
from dragoman.accounts.models import OfficialAccount
from dragoman.base import clock
from dragoman.channels import actions as channels
from dragoman.channels.actions import copies, recipients, signing_in
from dragoman.channels.models import Channel, Recipient
from dragoman.lib.problems import NotAllowed
from dragoman.staff.models import Officer

PAGES = ("", "connect/", "listening/", "subscribers/", "subscribers/erase/", "subscribers/bring/")
DEEDS = (
    "",
    "change/",
    "check/",
    "by-hand/",
    "confirm/",
    "discard/",
    "review/",
    "retire/",
    "compromised/",
    "lift/",
)
SECRET = "reader@elsewhere.example"


@dataclass
class Berlin:
    account: OfficialAccount
    mail: Channel
    reader: Recipient
    releaser: Officer


@pytest.fixture
def berlin(ground: Ground) -> Berlin:
    keeper = officer("keeper-of-mail", (ground.cast.berlin, "administrator"))
    mail = channels.create_channel(
        by=keeper,
        mission=ground.cast.berlin,
        kind="email",
        slug="berlin-mail",
        label="Mail of Berlin",
        values={
            "from_address": "press@berlin.example",
            "from_name": "Berlin",
            "relay": "relay.example",
            "password": PASSWORD,
        },
    )
    values = {**MASTODON, "ref": "berlin-masto", "channel": ground.channel}
    account = accounts.propose_account(by=keeper, mission=ground.cast.berlin, values=values)
    reader = recipients.add_recipient(
        by=SYSTEM, channel=mail, identity=SECRET, address={"email": SECRET}, basis="asked"
    )
    return Berlin(account, mail, reader, ground.releaser)


def test_no_page_of_accounts_or_subscribers_opens_for_another_mission(ground: Ground, berlin: Berlin) -> None:
    client = seat(ground.outsider)
    before = everything()
    places = [f"/channels/at/{berlin.mail.slug}/{page}" for page in PAGES]
    places += [f"/accounts/at/{berlin.account.ref}/{deed}" for deed in DEEDS]
    places += [
        f"/channels/deliveries/{ground.delivery.pk}/copies/{deed}" for deed in ("", "decision/", "resume/")
    ]
    given = {"why": "Because I say so.", "ref": str(berlin.reader.ref), "address": SECRET, "answer": "again"}
    wrong = [
        f"{answer.request['REQUEST_METHOD']} {place}: {answer.status_code}"
        for place in places
        for answer in (client.get(place), client.post(place, given))
        if answer.status_code not in (403, 404, 405)
    ]
    assert not wrong, wrong
    for place in ("/accounts/", "/channels/", "/channels/deliveries/"):
        page = client.get(place).content.decode()
        assert not [word for word in (berlin.account.ref, berlin.mail.slug, SECRET) if word in page], place
    assert everything() == before


def deeds(ground: Ground, berlin: Berlin) -> dict[str, Callable[[Officer], object]]:
    account, mail, reader = berlin.account, berlin.mail, berlin.reader
    mine = {**MASTODON, "ref": "mine", "handle": "@mine@social.example", "channel": ground.channel}
    since = clock.now()
    return {
        "propose_account": lambda by: accounts.propose_account(
            by=by, mission=ground.cast.berlin, values=mine
        ),
        "propose_over_a_channel_elsewhere": lambda by: accounts.propose_account(
            by=by, mission=ground.vilnius, values=mine
        ),
        "confirm_account": lambda by: accounts.confirm_account(by=by, account=account),
        "discard_account": lambda by: accounts.discard_account(by=by, account=account, why="no"),
        "change_account": lambda by: accounts.change_account(
            by=by, account=account, values={"handle": "@x@y.zz"}
        ),
        "verify_by_hand": lambda by: accounts.verify_by_hand(
            by=by, account=account, why="seen", document="x"
        ),
        "review_account": lambda by: accounts.review_account(by=by, account=account),
        "retire_account": lambda by: accounts.retire_account(by=by, account=account, why="no"),
        "report_compromised": lambda by: accounts.report_compromised(
            by=by, account=account, since=since, why="no"
        ),
        "lift_compromise": lambda by: accounts.lift_compromise(by=by, account=account, why="no"),
        "check_account": lambda by: accounts.check_account(by=by, account=account),
        "erase_recipient": lambda by: recipients.erase_recipient(by=by, recipient=reader, why="their letter"),
        "import_recipients": lambda by: recipients.import_recipients(
            by=by, channel=mail, people=[("a@b.example", "", ())], basis="They said yes at the door."
        ),
        "decide_copies": lambda by: copies.decide_copies(
            by=by, delivery=ground.delivery, again=True, why="no"
        ),
        "resume_copies": lambda by: copies.resume_copies(by=by, delivery=ground.delivery),
        "begin_sign_in": lambda by: signing_in.begin_sign_in(
            by=by, channel=mail, redirect_uri="https://x.example"
        ),
        "listen": lambda by: channels.listen(by=by, channel=mail, on=True),
    }


def test_no_deed_on_them_is_done_for_an_officer_of_another_mission(ground: Ground, berlin: Berlin) -> None:
    nobody = officer("nobody-at-all")
    before = everything()
    for name, deed in deeds(ground, berlin).items():
        for by in (ground.outsider, nobody):
            try:
                deed(by)
            except NotAllowed:
                continue
            pytest.fail(f"{name} was done for {by}")
    assert everything() == before


def test_one_who_serves_at_two_missions_takes_no_channel_from_where_they_do_not_decide(
    ground: Ground, berlin: Berlin
) -> None:
    both = officer("both", (ground.cast.berlin, "author"), (ground.vilnius, "administrator"))
    values: dict[str, Any] = {**MASTODON, "ref": "taken", "handle": "@taken@social.example"}
    account = accounts.propose_account(by=both, mission=ground.vilnius, values=values)
    with pytest.raises(NotAllowed):
        accounts.change_account(by=both, account=account, values={"channel": ground.channel})
    values |= {"ref": "taken-2", "handle": "@taken2@social.example", "channel": ground.channel}
    account = accounts.propose_account(by=both, mission=ground.vilnius, values=values)
    accounts.verify_by_hand(by=both, account=account, why="We looked.", document="Note 1")
    with pytest.raises(NotAllowed, match="Berlin"):
        accounts.confirm_account(by=ground.outsider, account=account)
