"""What the kind declares: its abilities, the fields of its set-up form, the limits of the network."""

from datetime import timedelta
from pathlib import Path

from dragoman.channels import connector as port
from dragoman.channels.connector import Kind
from dragoman.channels.connectors.x import rendering
from dragoman.channels.connectors.x.talk import DEFAULT_SERVICE, DEFAULT_SITE

DOCS = "docs.x.com"
READ = "2026-11-22"
_HOST = r"https?://[A-Za-z0-9.\[\]:-]+/?"

KIND = Kind(
    name="x",
    label="X",
    about="Posts and threads on X, with pictures.",
    abilities=frozenset(
        {
            *(port.PREPARE, port.FIND, port.WITHDRAW, port.THREADS, port.PICTURES),
            *(port.FETCH, port.WEBHOOK, port.FIGURES, port.REPLY, port.OAUTH, port.LOOK_BACK, port.VANISHED),
        }
    ),
    # Every reading is paid for; X counts one post once a day.
    look_back_every=timedelta(days=1),
    fields=(
        port.Field(
            "handle",
            "Account",
            hint="The account's name, such as MinistryExample",
            pattern=r"@?[A-Za-z0-9_]{1,15}",
            mend="Write the name as it stands after the @, such as MinistryExample",
        ),
        port.Field("client_id", "Client ID", hint="Of the app, under Keys and tokens, OAuth 2.0"),
        port.Field(
            "client_secret",
            "Client secret",
            hint="Shown once, under the client ID",
            secret=True,
        ),
        port.Field(
            "plan",
            "Plan of the app",
            hint="It decides what X charges and which replies it takes",
            choices=(
                (rendering.PAY_PER_USE, "Pay per use"),
                (rendering.ENTERPRISE, "Enterprise"),
                (rendering.PUBLIC_UTILITY, "Public utility"),
            ),
            default=rendering.PAY_PER_USE,
        ),
        port.Field(
            "form",
            "What is posted",
            choices=(
                (rendering.SUMMARY, "Title and summary, as a thread when they are long"),
                (rendering.HEADLINE, "The title only"),
                (rendering.WHOLE, "The whole text, as a thread"),
            ),
            default=rendering.SUMMARY,
        ),
        port.Field(
            "link",
            "Link to the statement's page",
            hint="On pay per use, a post with a link costs thirteen times as much as one without",
            choices=((rendering.LAST, "At the end"), (rendering.NONE, "None")),
            default=rendering.LAST,
        ),
        port.Field(
            "consumer_secret",
            "API key secret",
            hint="Only needed if X is to call the desk (webhooks). Under Keys and tokens, Consumer keys",
            secret=True,
            required=False,
            advanced=True,
        ),
        port.Field(
            "service",
            "Server of the API",
            default=DEFAULT_SERVICE,
            pattern=_HOST,
            mend="Write the server's address only, such as https://api.x.com",
            advanced=True,
        ),
        port.Field(
            "site",
            "Site of the network",
            default=DEFAULT_SITE,
            pattern=_HOST,
            mend="Write the site's address only, such as https://x.com",
            advanced=True,
        ),
    ),
    limits=(
        port.Limit(
            "text", rendering.MAX, rendering.UNIT, f"{DOCS}, Counting characters; twitter-text 3", READ
        ),
        port.Limit("thread", rendering.MAX_PARTS, "posts", "our own choice", READ),
        port.Limit(
            "pictures", rendering.MAX_PICTURES, "pictures a post", f"{DOCS}, Media best practices", READ
        ),
        port.Limit("picture", rendering.MAX_PICTURE_BYTES, "bytes", f"{DOCS}, Media best practices", READ),
        port.Limit("description of a picture", rendering.MAX_ALT, "characters", "from general knowledge"),
        port.Limit("posting", 100, "posts in 15 minutes", f"{DOCS}, Rate limits", READ),
        port.Limit("posting, the whole app", 10_000, "posts a day", f"{DOCS}, Rate limits", READ),
        port.Limit("deleting", 50, "posts in 15 minutes", f"{DOCS}, Rate limits", READ),
    ),
    help_file=Path(__file__).with_name("help.md"),
    oauth=port.OAuth(
        authorize="{site}/i/oauth2/authorize",
        token="{service}/2/oauth2/token",  # noqa: S106 - an address, no password
        scopes=("tweet.read", "tweet.write", "users.read", "media.write", "offline.access"),
        client_auth="basic",
    ),
    pace=port.Pace(100, 900),
    warnings=(
        "Except on the Enterprise plan, X takes a reply by API only where the author of the other post has "
        "mentioned the account or quoted one of its posts (since 23 February 2026).",
        "On pay per use, X charges 0.015 US dollars for each post and 0.200 for one with a link (since "
        "20 April 2026). Without credits it takes none.",
    ),
)
