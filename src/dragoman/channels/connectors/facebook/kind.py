"""What a Facebook Page is and is able to do."""

from pathlib import Path

from dragoman.channels import connector as port
from dragoman.channels.connectors.facebook import rendering
from dragoman.channels.connectors.facebook.talk import DEFAULT_SERVICE, DEFAULT_VERSION

READ = "2026-11-22"
ADDRESS = r"https?://[A-Za-z0-9.\[\]:-]+/?"
MEND_ADDRESS = "Write the address only, without a path, such as https://graph.facebook.com"

SCOPES = (
    *("pages_show_list", "pages_manage_posts", "pages_read_engagement", "pages_read_user_content"),
    *("pages_manage_engagement", "pages_manage_metadata", "read_insights"),
)

KIND = port.Kind(
    name="facebook",
    label="Facebook Page",
    about="Posts with a link card or pictures on a Facebook Page, and answers to comments.",
    abilities=frozenset(
        {
            *(port.PREPARE, port.FIND, port.WITHDRAW, port.PICTURES, port.REPLY, port.OAUTH),
            *(port.FETCH, port.WEBHOOK, port.FIGURES, port.LOOK_BACK),
        }
    ),
    fields=(
        port.Field(
            "page",
            "Page ID",
            hint="On the Page: About, Page transparency",
            pattern=r"[0-9]{5,30}",
            mend="It is a number; the Page's name is not enough.",
        ),
        port.Field(
            "client_id",
            "App ID",
            hint="In the Meta app: App settings, Basic",
            pattern=r"[0-9]{5,30}",
            mend="It is a number.",
        ),
        port.Field("client_secret", "App secret", hint="Beside the app ID", secret=True),
        port.Field(
            "form",
            "What is posted",
            choices=(
                (rendering.SUMMARY, "Title and summary, with the link to the whole text"),
                (rendering.WHOLE, "The whole text"),
            ),
            default=rendering.SUMMARY,
        ),
        port.Field(
            "webhook_token",
            "Verify token",
            hint="A word of your own, entered here and in the Meta app, if comments are to be told at once",
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
            "version",
            "Version of the API",
            hint="Meta ends each version after about two years",
            default=DEFAULT_VERSION,
            required=False,
            pattern=r"v[0-9]{1,3}\.[0-9]",
            mend="Such as v25.0",
            advanced=True,
        ),
        port.Field(
            "authorize_at",
            "Server of the sign-in page",
            default="https://www.facebook.com",
            required=False,
            pattern=ADDRESS,
            mend=MEND_ADDRESS,
            advanced=True,
        ),
    ),
    limits=(
        port.Limit(
            "post", rendering.MAX_CHARACTERS, "characters", "publishers' tools; Meta names no number", READ
        ),
        port.Limit("comment", rendering.MAX_COMMENT, "characters", "publishers' tools", READ),
        port.Limit("pictures", rendering.MAX_PICTURES, "a post", "our own choice", READ),
        port.Limit("pictures kept before the post", 24, "hours", "Graph API, page/photos", READ),
        port.Limit("calls", 4800, "a day for each person engaged", "Graph API, overview/rate-limiting", READ),
    ),
    help_file=Path(__file__).with_name("help.md"),
    oauth=port.OAuth(
        authorize="{authorize_at}/{version}/dialog/oauth",
        token="{service}/{version}/oauth/access_token",  # noqa: S106 - an address, no secret
        scopes=SCOPES,
        scope_separator=",",
        renews=False,
    ),
)
