"""Looking at accounts from outside, against servers and a name server on real sockets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.accounts.outside import World, world

from dragoman.accounts.verification import links, names
from dragoman.accounts.verification.values import Subject

DID = "did:plc:ewvi7nxzyoun6zhxrhs64oiz"


@pytest.fixture
def out() -> Iterator[World]:
    with world() as made:
        yield made


# --- rel=me ---


def profile(out: World, *, published: bool = False) -> Subject:
    return Subject("other", "@ministry", f"{out.hosts.base('social')}/@ministry", published=published)


def test_a_profile_that_links_to_our_site_is_ours(out: World) -> None:
    out.hosts.page("social", "/@ministry", f'<a rel="nofollow me" href="{out.us}/en/accounts/">us</a>')
    found = out.look(profile(out), "rel-me")
    assert found.ok is True
    assert "will link back" in found.says


def test_once_published_our_page_must_link_back(out: World) -> None:
    subject = profile(out, published=True)
    out.hosts.page("social", "/@ministry", f'<link rel="me" href="{out.us}/">')
    out.hosts.page("accounts", "/", "<p>nobody</p>")
    assert out.look(subject, "rel-me").ok is False
    out.hosts.page("accounts", "/", f'<a href="{subject.address}" rel="me noopener">@ministry</a>')
    found = out.look(subject, "rel-me")
    assert (found.ok, "links back" in found.says) == (True, True)


@pytest.mark.parametrize(
    "page",
    [
        '<a href="{us}/en/accounts/">no rel</a>',
        '<a rel="me" href="https://elsewhere.example/">other</a>',
        '<a rel="me" href="{us}/en/statements/one/">not our front page</a>',
        "<p>nothing</p>",
        "",
    ],
)
def test_a_profile_that_does_not_link_to_us_is_not_shown_to_be_ours(out: World, page: str) -> None:
    out.hosts.page("social", "/@ministry", page.format(us=out.us))
    found = out.look(profile(out), "rel-me")
    assert found.ok is False
    assert "no link to our site" in found.says


def test_a_profile_that_is_gone_says_so_and_one_that_is_silent_is_not_known(out: World) -> None:
    assert "answered 404" in out.look(profile(out), "rel-me").says
    out.allow_loopback = False
    found = out.look(profile(out), "rel-me")
    assert (found.ok, "not a public address" in found.says) == (None, True)


# --- AT handles ---


def at(address: str = "") -> Subject:
    return Subject("bluesky", "@Ministry.example", address)


def test_a_handle_and_its_did_name_each_other_through_dns(out: World) -> None:
    out.names.texts["_atproto.ministry.example"] = [f"did={DID}"]
    out.hosts.data("plc", f"/{DID}", {"id": DID, "alsoKnownAs": ["at://ministry.example"]})
    found = out.look(at(DID), "at-handle")
    assert found.ok is True
    assert DID in found.says


def test_a_handle_and_its_did_name_each_other_through_the_handles_own_site(out: World) -> None:
    out.hosts.page("ministry.example", "/.well-known/atproto-did", f"{DID}\n", kind="text/plain")
    out.hosts.data("plc", f"/{DID}", {"id": DID, "alsoKnownAs": ["at://ministry.example"]})
    assert out.look(at(), "at-handle").ok is True


def test_a_did_of_a_web_host_is_read_from_that_host(out: World) -> None:
    out.names.texts["_atproto.ministry.example"] = ["did=did:web:ministry.example"]
    document = {"id": "did:web:ministry.example", "alsoKnownAs": ["at://ministry.example"]}
    out.hosts.data("ministry.example", "/.well-known/did.json", document)
    assert out.look(at(), "at-handle").ok is True


def test_a_did_that_names_another_handle_is_refused(out: World) -> None:
    out.names.texts["_atproto.ministry.example"] = [f"did={DID}"]
    out.hosts.data("plc", f"/{DID}", {"id": DID, "alsoKnownAs": ["at://thief.example"]})
    found = out.look(at(), "at-handle")
    assert (found.ok, "does not name the handle" in found.says) == (False, True)


def test_a_handle_that_moved_to_another_account_is_refused(out: World) -> None:
    out.names.texts["_atproto.ministry.example"] = [f"did={DID}"]
    found = out.look(at("did:plc:aaaaaaaaaaaaaaaaaaaaaaaa"), "at-handle")
    assert (found.ok, "another account" in found.says) == (False, True)


def test_two_dids_in_dns_are_none(out: World) -> None:
    out.names.texts["_atproto.ministry.example"] = [f"did={DID}", "did=did:plc:other"]
    assert out.look(at(), "at-handle").ok is False


def test_a_name_server_in_trouble_proves_nothing(out: World) -> None:
    out.names.broken.add("_atproto.ministry.example")
    found = out.look(at(), "at-handle")
    assert (found.ok, "could not be looked up" in found.says) == (None, True)


def test_a_directory_that_answers_nonsense_proves_nothing(out: World) -> None:
    out.names.texts["_atproto.ministry.example"] = [f"did={DID}"]
    out.hosts.page("plc", f"/{DID}", "<html>maintenance</html>")
    assert out.look(at(), "at-handle").ok is None


# --- WebFinger ---


def fediverse(address: str = "", *, published: bool = False) -> Subject:
    return Subject("mastodon", "@ministry@social.example", address, published=published)


def finger(out: World, *, subject: str = "acct:ministry@social.example", link: str = "") -> str:
    actor = f"{out.hosts.base('social.example')}/users/ministry"
    jrd = {
        "subject": subject,
        "links": [
            {"rel": "http://webfinger.net/rel/profile-page", "href": "https://social.example/@ministry"},
            {"rel": "self", "type": "application/activity+json", "href": actor},
        ],
    }
    out.hosts.data("social.example", "/.well-known/webfinger", jrd)
    value = f'<a href="{link or out.us}/" rel="me nofollow">us</a>'
    fields = [{"type": "PropertyValue", "name": "Site", "value": value}]
    out.hosts.data("social.example", "/users/ministry", {"id": actor, "attachment": fields})
    return actor


def test_an_account_of_the_fediverse_with_a_field_that_links_to_us_is_ours(out: World) -> None:
    # another host than our own site, or it would be an actor of ours
    out.us = f"http://localhost:{out.hosts.server.server_port}"
    finger(out)
    found = out.look(fediverse("https://social.example/@ministry"), "webfinger")
    assert (found.ok, "leads to" in found.says) == (True, True)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"link": "https://thief.example"}, "no field that links to our site"),
        ({"subject": "acct:thief@social.example"}, "for another account"),
    ],
)
def test_an_account_of_the_fediverse_that_does_not_name_us_is_refused(
    out: World, change: dict[str, str], why: str
) -> None:
    out.us = f"http://localhost:{out.hosts.server.server_port}"
    finger(out, **change)
    found = out.look(fediverse(), "webfinger")
    assert found.ok is False
    assert why in found.says


def test_a_renamed_account_of_the_fediverse_is_found_out(out: World) -> None:
    assert "does not know" in out.look(fediverse(), "webfinger").says
    finger(out)
    found = out.look(fediverse("https://social.example/@formerly"), "webfinger")
    assert (found.ok, "another profile" in found.says) == (False, True)


# --- domains and senders ---


def test_a_domain_with_our_token_is_ours(out: World) -> None:
    subject = Subject("domain", "embassy.example", token="s3cret-word")
    out.names.texts["embassy.example"] = ["v=spf1 -all", "dragoman-verification=other"]
    assert out.look(subject, "dns").ok is False
    out.names.texts["embassy.example"] += ["dragoman-verification=s3cret-word"]
    assert out.look(subject, "dns").ok is True


def test_a_domain_whose_trust_txt_names_us_is_ours(out: World) -> None:
    subject = Subject("domain", "embassy.example", token="word")
    out.hosts.page("embassy.example", "/.well-known/trust.txt", f"# x\ncontrolledby={out.us}/\n")
    found = out.look(subject, "dns")
    assert (found.ok, "who controls it" in found.says) == (True, True)


def test_a_sender_needs_all_three_of_spf_dkim_and_dmarc(out: World) -> None:
    subject = Subject("sender", "press@embassy.example", selector="mail")
    assert "lacks SPF and DKIM and DMARC" in out.look(subject, "sender-dns").says
    out.names.texts["embassy.example"] = ["v=spf1 include:_spf.embassy.example -all"]
    out.names.texts["_dmarc.embassy.example"] = ["v=DMARC1; p=none; rua=mailto:x@embassy.example"]
    assert "lacks DKIM" in out.look(subject, "sender-dns").says
    out.names.texts["mail._domainkey.embassy.example"] = ["v=DKIM1; k=rsa; p=" + "A" * 392]
    found = out.look(subject, "sender-dns")
    assert (found.ok, "only watches" in found.says) == (True, True)
    out.names.texts["mail._domainkey.embassy.example"] = ["v=DKIM1; p="]
    assert out.look(subject, "sender-dns").ok is False


# --- parsers ---


@given(st.text(max_size=400))
def test_no_page_makes_the_links_fail(text: str) -> None:
    assert isinstance(links.rel_me(text, "https://a.example/"), tuple)
    assert isinstance(links.names_us([text], "https://a.example"), str)


@pytest.mark.parametrize(
    ("link", "ours"),
    [
        ("https://mfa.example", True),
        ("https://MFA.example/", True),
        ("http://mfa.example/accounts", True),
        ("https://mfa.example/zh-Hant/accounts/", True),
        ("https://mfa.example:443/en/", True),
        ("https://mfa.example:8443/en/", False),
        ("https://mfa.example.thief.example/", False),
        ("https://mfa.example/en/facts/", False),
        ("https://thief.example/?https://mfa.example/", False),
        ("javascript:alert(1)", False),
        ("https://[", False),
    ],
)
def test_only_our_front_page_and_our_page_of_accounts_are_us(link: str, ours: bool) -> None:
    assert bool(links.names_us([link], "https://mfa.example")) is ours


@given(st.lists(st.text(max_size=80), max_size=5).map(tuple))
def test_no_record_makes_the_readers_of_names_fail(records: tuple[str, ...]) -> None:
    assert isinstance(names.spf_of(records), str)
    assert isinstance(names.dmarc_of(records), str)
    assert isinstance(names.dkim_of(records), bool)
    assert isinstance(names.atproto_did(records), str)
    assert names.token_in(records, "") is False
