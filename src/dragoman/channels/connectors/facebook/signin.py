"""From a person's sign-in to the Page's own token, which lasts.

developers.facebook.com/docs/facebook-login/guides/access-tokens/get-long-lived: the person's token, good for
an hour, is changed for one of about 60 days; the Page's token that is read with that one has no end of its
own. It ends when the person loses the role on the Page, changes the password or removes the app.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dragoman.channels.connector import Refused, TryLater
from dragoman.channels.connectors.facebook.talk import CONNECT_AGAIN, Talk, Wrong

MOST_PAGES = 10


async def page_token(talk: Talk, tokens: Mapping[str, Any]) -> dict[str, Any]:
    """What to keep of a sign-in."""
    short = str(tokens.get("access") or "")
    if not short:
        raise Refused("Facebook gave no token.", shown=CONNECT_AGAIN, account=True)
    try:
        person = await _longer(talk, short)
        page = await _page(talk, person)
    except Wrong as wrong:
        raise Refused(f"Facebook gives no token: {wrong.says}", shown=CONNECT_AGAIN, account=True) from None
    kept = {name: value for name, value in tokens.items() if name == "scope"}
    return {
        **kept,
        "access": str(page["access_token"]),
        "access_since": datetime.now(UTC).isoformat(),
        "tasks": " ".join(str(task) for task in page.get("tasks") or ()),
    }


async def _longer(talk: Talk, short: str) -> str:
    found = await talk.token(
        {
            "grant_type": "fb_exchange_token",
            "client_id": talk.account.settings.get("client_id", ""),
            "client_secret": talk.account.secrets.get("client_secret", ""),
            "fb_exchange_token": short,
        }
    )
    access = found.get("access_token")
    if not isinstance(access, str) or not access:
        raise TryLater("Facebook answered, but gave no token.")
    return access


async def _page(talk: Talk, person: str) -> Mapping[str, Any]:
    """The row of our Page among those on which the person has a role."""
    wanted = talk.account.settings.get("page", "")
    params = {"fields": "id,name,access_token,tasks", "limit": "100"}
    names: list[str] = []
    for _ in range(MOST_PAGES):
        found = await talk.read("me/accounts", params, token=person)
        rows = found.get("data")
        for row in rows if isinstance(rows, list) else []:
            if str(row.get("id")) == wanted and row.get("access_token"):
                return dict(row)
            names.append(f"{talk.clean(row.get('name', ''))} ({talk.clean(row.get('id', ''))})")
        paging = found.get("paging") or {}
        if not paging.get("next"):
            break
        params["after"] = str((paging.get("cursors") or {}).get("after", ""))
    have = "; ".join(names[:10]) or "none"
    raise Refused(
        f"Whoever signed in has no role on the Page {wanted}. Pages found: {have}.",
        shown="Enter the right Page ID, or let somebody with a role on the Page connect, and tick that Page.",
        account=True,
    )
