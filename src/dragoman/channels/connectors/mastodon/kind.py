"""What the kind declares: its fields, abilities and limits."""

from pathlib import Path

from dragoman.channels import connector as port
from dragoman.channels.connector import Kind
from dragoman.channels.connectors.mastodon import rendering
from dragoman.channels.connectors.mastodon.talk import DEFAULT_SERVICE

SOURCE = "docs.joinmastodon.org and app/validators of Mastodon; the server's own word wins"
READ = "2026-11-22"

_ACCOUNT = (
    port.Field(
        "service",
        "Server",
        hint="The server that the account is on",
        default=DEFAULT_SERVICE,
        pattern=r"https?://[A-Za-z0-9.\[\]:-]+/?",
        mend="Write the server's address only, such as https://mastodon.social",
    ),
    port.Field(
        "client_id",
        "Client key",
        hint="Of the application that you register on the server; not needed with an access token",
        required=False,
    ),
    port.Field(
        "client_secret", "Client secret", hint="Shown beside the client key", secret=True, required=False
    ),
    port.Field(
        "access_token",
        "Access token",
        hint="Instead of signing in: the token that the server shows with the application",
        secret=True,
        required=False,
    ),
)

_FORM = (
    port.Field(
        "form",
        "What is posted",
        choices=(
            (rendering.SUMMARY, "Title and summary, with the link to the whole text"),
            (rendering.WHOLE, "The whole text, as a thread when it is long"),
        ),
        default=rendering.SUMMARY,
    ),
    port.Field(
        "visibility",
        "Who sees the posts",
        choices=(
            ("public", "Everybody, and the public timelines"),
            ("unlisted", "Everybody, but not in the public timelines"),
            ("private", "Followers only"),
        ),
        default="public",
        advanced=True,
    ),
    port.Field(
        "warning",
        "Content warning",
        hint="Stands before every post, which is folded away behind it. Empty: none",
        required=False,
        advanced=True,
    ),
    port.Field(
        "max_characters",
        "Characters a post",
        hint="As the server allows; Check now compares",
        default=str(rendering.MAX_CHARACTERS),
        pattern=r"[1-9][0-9]{2,5}",
        mend="Write a number from 100 to 999999, such as 500",
        advanced=True,
    ),
    port.Field(
        "url_characters",
        "Characters a link counts",
        hint="As the server counts; Check now compares",
        default=str(rendering.PER_LINK),
        pattern=r"[1-9][0-9]?",
        mend="Write a number from 1 to 99, such as 23",
        advanced=True,
    ),
)

KIND = Kind(
    name="mastodon",
    label="Mastodon",
    about="Posts and threads on Mastodon, or on another server that speaks its API.",
    abilities=frozenset(
        {
            *(port.PREPARE, port.FIND, port.WITHDRAW, port.THREADS, port.PICTURES, port.LANGUAGES),
            *(port.FETCH, port.FIGURES, port.REPLY, port.OAUTH, port.LOOK_BACK, port.VANISHED),
        }
    ),
    fields=_ACCOUNT + _FORM,
    limits=(
        port.Limit("text", rendering.MAX_CHARACTERS, "characters, unless the server says else", SOURCE, READ),
        port.Limit("link", rendering.PER_LINK, "characters, however long it is", SOURCE, READ),
        port.Limit("pictures", rendering.MAX_PICTURES, "a post", SOURCE, READ),
        port.Limit("words for a picture", 1500, "characters", SOURCE, READ),
        port.Limit("calls", 300, "in 5 minutes an account", SOURCE, READ),
        port.Limit("uploads", 30, "in 30 minutes an account", SOURCE, READ),
        port.Limit("deletions", 30, "in 30 minutes an account", SOURCE, READ),
        port.Limit("idempotency key", 1, "hour that the server remembers it", SOURCE, READ),
        port.Limit("thread", rendering.MAX_PARTS, "posts", "our own choice", READ),
    ),
    help_file=Path(__file__).with_name("help.md"),
    oauth=port.OAuth(
        authorize="{service}/oauth/authorize",
        token="{service}/oauth/token",  # noqa: S106 - an address
        scopes=("read:accounts", "read:statuses", "read:notifications", "write:statuses", "write:media"),
        # Tokens of Mastodon do not run out; there is nothing to renew them with.
        renews=False,
    ),
    pace=port.Pace(30, 60),
)
