"""What Instagram is and is able to do."""

from pathlib import Path

from dragoman.channels import connector as port
from dragoman.channels.connectors.instagram import rendering
from dragoman.channels.connectors.instagram.talk import DEFAULT_SERVICE, DEFAULT_VERSION

DOCS = "developers.facebook.com/documentation/instagram-platform"
READ = "2026-11-22"
ADDRESS = r"https?://[A-Za-z0-9.\[\]:-]+/?"
MEND_ADDRESS = "Write the address only, without a path, such as https://graph.instagram.com"

SCOPES = (
    "instagram_business_basic",
    "instagram_business_content_publish",
    "instagram_business_manage_comments",
    "instagram_business_manage_insights",
)

KIND = port.Kind(
    name="instagram",
    label="Instagram",
    about="Pictures with a caption on an Instagram professional account. No post without a picture.",
    abilities=frozenset(
        {
            *(port.PREPARE, port.FIND, port.SAME_KEY_ONCE, port.PICTURES, port.PUBLIC_MEDIA, port.OAUTH),
            *(port.FETCH, port.WEBHOOK, port.FIGURES, port.LOOK_BACK),
        }
    ),
    fields=(
        port.Field(
            "client_id",
            "Instagram app ID",
            hint="In the Meta app: Instagram, API setup with Instagram login; not the app ID above it",
            pattern=r"[0-9]{5,30}",
            mend="It is a number.",
        ),
        port.Field("client_secret", "Instagram app secret", hint="Beside the Instagram app ID", secret=True),
        port.Field(
            "form",
            "What is in the caption",
            choices=(
                (rendering.SUMMARY, "Title and summary"),
                (rendering.WHOLE, "The whole text, where it fits"),
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
            default="https://www.instagram.com",
            required=False,
            pattern=ADDRESS,
            mend=MEND_ADDRESS,
            advanced=True,
        ),
        port.Field(
            "token_at",
            "Server that gives the first token",
            default="https://api.instagram.com",
            required=False,
            pattern=ADDRESS,
            mend=MEND_ADDRESS,
            advanced=True,
        ),
    ),
    limits=(
        port.Limit("caption", rendering.MAX_CHARACTERS, "characters", f"{DOCS} (ig-user/media)", READ),
        port.Limit(
            "hashtags",
            rendering.MAX_HASHTAGS,
            "a post",
            "reported by several publishers' tools since December 2025; the reference says 30",
            READ,
        ),
        port.Limit("names", rendering.MAX_NAMES, "a post", f"{DOCS} (ig-user/media)", READ),
        port.Limit("pictures", rendering.MAX_PICTURES, "a post", f"{DOCS}/content-publishing", READ),
        port.Limit("picture", 8, "MiB, JPEG", f"{DOCS} (error-codes)", READ),
        port.Limit(
            "posts", 50, "in 24 hours; the account's own number is asked for", f"{DOCS} (media_publish)", READ
        ),
        port.Limit("prepared post", 24, "hours until it is made anew", f"{DOCS} (ig-container)", READ),
    ),
    help_file=Path(__file__).with_name("help.md"),
    oauth=port.OAuth(
        authorize="{authorize_at}/oauth/authorize",
        token="{token_at}/oauth/access_token",  # noqa: S106 - an address, no secret
        scopes=SCOPES,
        scope_separator=",",
    ),
    pace=port.Pace(50, 24 * 3600),
)
