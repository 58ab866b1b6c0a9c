"""What Threads is and is able to do."""

from pathlib import Path

from dragoman.channels import connector as port
from dragoman.channels.connectors.threads import rendering
from dragoman.channels.connectors.threads.talk import DEFAULT_SERVICE

DOCS = "developers.facebook.com/documentation/threads"
READ = "2026-11-22"
ADDRESS = r"https?://[A-Za-z0-9.\[\]:-]+/?"
MEND_ADDRESS = "Write the address only, without a path, such as https://graph.threads.net"

SCOPES = (
    *("threads_basic", "threads_content_publish", "threads_delete"),
    *("threads_manage_replies", "threads_read_replies", "threads_manage_insights"),
)

KIND = port.Kind(
    name="threads",
    label="Threads",
    about="Posts with a link card or pictures, and threads, on Meta's Threads.",
    abilities=frozenset(
        {
            *(port.PREPARE, port.FIND, port.SAME_KEY_ONCE, port.WITHDRAW, port.THREADS, port.PICTURES),
            *(port.REPLY, port.PUBLIC_MEDIA, port.OAUTH, port.FETCH, port.WEBHOOK, port.FIGURES),
            port.LOOK_BACK,
        }
    ),
    fields=(
        port.Field(
            "client_id",
            "Threads app ID",
            hint="In the Meta app, under App settings, Basic: the Threads app ID, not the app ID above it",
            pattern=r"[0-9]{5,30}",
            mend="It is a number.",
        ),
        port.Field("client_secret", "Threads app secret", hint="Beside the Threads app ID", secret=True),
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
            "webhook_token",
            "Verify token",
            hint="A word of your own, entered here and in the Meta app, if replies are to be told at once",
            secret=True,
            required=False,
            advanced=True,
        ),
        port.Field(
            "service",
            "Server of the API",
            default=DEFAULT_SERVICE,
            required=False,
            pattern=ADDRESS,
            mend=MEND_ADDRESS,
            advanced=True,
        ),
        port.Field(
            "authorize_at",
            "Server of the sign-in page",
            default="https://threads.com",
            required=False,
            pattern=ADDRESS,
            mend=MEND_ADDRESS,
            advanced=True,
        ),
    ),
    limits=(
        port.Limit("text", rendering.MAX_CHARACTERS, "characters, emojis as bytes", f"{DOCS}/posts", READ),
        port.Limit("links", rendering.MAX_LINKS, "different links a post", f"{DOCS}/create-posts", READ),
        port.Limit("topic", 1, "a post", f"{DOCS}/posts", READ),
        port.Limit("pictures", rendering.MAX_PICTURES, "a post", f"{DOCS}/posts", READ),
        port.Limit("description of a picture", rendering.MAX_ALT, "characters", f"{DOCS}/posts", READ),
        port.Limit("posts", 250, "in 24 hours", f"{DOCS}/overview", READ),
        port.Limit("replies", 1000, "in 24 hours", f"{DOCS}/retrieve-and-manage-replies", READ),
        port.Limit("deletions", 100, "in 24 hours", f"{DOCS}/posts/delete-posts", READ),
        port.Limit("prepared post", 24, "hours until it is made anew", f"{DOCS}/troubleshooting", READ),
        port.Limit("thread", rendering.MAX_PARTS, "posts", "our own choice", READ),
    ),
    help_file=Path(__file__).with_name("help.md"),
    oauth=port.OAuth(
        authorize="{authorize_at}/oauth/authorize",
        token="{service}/oauth/access_token",  # noqa: S106 - an address, no secret
        scopes=SCOPES,
        scope_separator=",",
    ),
    pace=port.Pace(250, 24 * 3600),
)
