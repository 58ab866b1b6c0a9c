"""The desk's pages of official accounts."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from allauth.account.internal.userkit import user_id_to_str
from django.test import Client
from django.urls import reverse
from tests.accounts.help import MASTODON, confirmed, proposed, put_out
from tests.cast import Cast

from dragoman.accounts import actions
from dragoman.accounts.models import Notice, OfficialAccount
from dragoman.base import clock
from dragoman.channels.models import Channel
from dragoman.staff.models import Officer

pytestmark = pytest.mark.django_db(transaction=True)


def signed_in(officer: Officer) -> Client:
    """Signed in with a password this moment, as officers of the sample are."""
    client = Client()
    client.force_login(officer, backend="allauth.account.auth_backends.AuthenticationBackend")
    session = client.session
    session["account_authentication_methods_user"] = user_id_to_str(officer)
    session["account_authentication_methods"] = [{"method": "password", "at": clock.now().timestamp()}]
    session.save()
    return client


def get(client: Client, name: str, *args: str, status: int = 200) -> str:
    answer = client.get(reverse(f"accounts:{name}", args=args))
    assert answer.status_code == status
    return answer.content.decode()


def test_the_list_shows_what_wants_a_person(cast: Cast, channel: Channel) -> None:
    proposed(cast)
    confirmed(cast, ref="site", kind="domain", network="Web", handle="mfa.example")
    page = get(signed_in(cast.admin), "list")
    assert "@ministry@social.example" in page
    assert "One account waits" in page
    assert "has no official account, so nothing can be released on it" in page
    page = signed_in(cast.admin).get(reverse("accounts:list") + "?show=confirmed").content.decode()
    assert "mfa.example" in page
    assert "@ministry@social.example" not in page


def test_an_officer_of_elsewhere_sees_none_of_it(cast: Cast) -> None:
    account = proposed(cast)
    client = signed_in(cast.stranger)
    assert "@ministry" not in get(client, "list")
    get(client, "show", account.ref, status=404)


def test_a_proposal_goes_through_the_form(cast: Cast) -> None:
    client = signed_in(cast.editor)
    wrong = {**MASTODON, "languages": "en de", "mission": cast.capital.pk, "handle": "", "kind": "other"}
    answer = client.post(reverse("accounts:propose"), wrong)
    assert answer.status_code == 422
    answer = client.post(reverse("accounts:propose"), {**wrong, "handle": "@ministry@social.example"})
    assert answer.status_code == 302
    account = OfficialAccount.objects.get()
    assert (account.ref, account.languages, account.proposed_by) == ("mastodon-en", ["en", "de"], "editor")
    assert "A second person" not in get(client, "list")


def test_the_page_of_an_account_says_what_is_missing(cast: Cast) -> None:
    account = proposed(cast)
    page = get(signed_in(cast.admin), "show", account.ref)
    assert "First it must be shown that it is ours" in page
    actions.verify_by_hand(by=cast.admin, account=account, why="We opened it.", document="Note 17")
    page = get(signed_in(cast.admin), "show", account.ref)
    assert "You may confirm it." in page
    assert "Note 17" in page


def test_a_domain_s_page_names_the_record_to_be_set(cast: Cast) -> None:
    account = proposed(cast, kind="domain", handle="embassy.example", network="Web", address="")
    assert f"dragoman-verification={account.token}" in get(signed_in(cast.admin), "show", account.ref)


def test_an_account_is_confirmed_reviewed_and_retired_on_its_pages(cast: Cast) -> None:
    account = proposed(cast)
    client = signed_in(cast.admin)
    by_hand = {"why": "We opened it.", "document": "Note 17"}
    assert client.post(reverse("accounts:by_hand", args=[account.ref]), by_hand).status_code == 302
    assert client.post(reverse("accounts:confirm", args=[account.ref])).status_code == 302
    account.refresh_from_db()
    assert account.state == "confirmed"
    assert client.post(reverse("accounts:review", args=[account.ref])).status_code == 302
    get(client, "retire", account.ref)
    assert client.post(reverse("accounts:retire", args=[account.ref]), {"why": ""}).status_code == 422
    assert client.post(reverse("accounts:retire", args=[account.ref]), {"why": "Closed"}).status_code == 302
    account.refresh_from_db()
    assert account.state == "retired"


def test_a_refusal_is_shown_on_the_page(cast: Cast) -> None:
    account = proposed(cast)
    answer = signed_in(cast.admin).post(reverse("accounts:confirm", args=[account.ref]))
    assert answer.status_code == 409
    assert "nothing shows that it is ours" in answer.content.decode()


def test_a_report_lists_its_consequences_and_does_them(cast: Cast, sandbox: Channel) -> None:
    account = confirmed(cast)
    client = signed_in(cast.director)
    page = get(client, "compromised", account.ref)
    assert "What happens at once" in page
    assert "Training" in page
    given = {
        "since": "2026-01-05T10:00",
        "why": "Posts that are not ours",
        "title_en": "Our account was stolen",
        "summary_en": "",
        "body_en": "Do not rely on it.",
    }
    answer = client.post(reverse("accounts:compromised", args=[account.ref]), given)
    assert answer.status_code == 302, answer.content.decode()[:3000]
    notice = Notice.objects.get()
    assert notice.since.isoformat() == "2026-01-05T07:00:00+00:00"  # ten o'clock in Minsk
    assert notice.texts["en"] == {
        "title": "Our account was stolen",
        "summary": "",
        "body": "Do not rely on it.",
    }
    put_out()
    page = get(signed_in(cast.admin), "show", account.ref)
    assert "stands on top of the public site" in page
    get(signed_in(cast.admin), "lift", account.ref)
    words = {"why": "We have it back", "title_en": "It is ours again", "summary_en": "", "body_en": "Yes."}
    assert signed_in(cast.admin).post(reverse("accounts:lift", args=[account.ref]), words).status_code == 302
    account.refresh_from_db()
    assert account.state == "confirmed"


def test_words_left_alone_follow_the_moment_that_was_entered(cast: Cast) -> None:
    account = confirmed(cast)
    client = signed_in(cast.admin)
    path = reverse("accounts:compromised", args=[account.ref])
    with time_machine.travel(clock.now() - timedelta(minutes=7)):
        shown = client.get(path)  # one look: another may be of the next minute
        form = shown.context["form"]
        drawn = re.search(r'name="drawn" value="([^"]+)"', shown.content.decode())
    assert drawn
    given = {name: str(field.initial) for name, field in form.fields.items() if field.initial}
    given |= {"since": "2026-01-05T10:00", "why": "Stolen", "drawn": drawn[1], "title_en": "Stolen!"}
    assert client.post(path, given).status_code == 302
    texts = Notice.objects.get().texts["en"]
    assert texts["title"] == "Stolen!"
    assert "5 January 2026, 10:00" in texts["summary"]
    assert "5 January 2026, 10:00" in texts["body"]


def test_the_front_page_asks_for_a_confirmation(cast: Cast) -> None:
    proposed(cast)
    page = signed_in(cast.admin).get("/").content.decode()
    assert "a second person must confirm that it is ours" in page
