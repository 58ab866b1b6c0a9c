"""What the kind declares: its fields, abilities and limits."""

from pathlib import Path

from dragoman.channels import connector as port
from dragoman.channels.connector import Kind
from dragoman.channels.connectors.youtube import rendering
from dragoman.channels.connectors.youtube.talk import DEFAULT_SERVICE

READ = "2026-11-22"
DISCOVERY = "YouTube Data API v3, discovery document of 4 November 2026"
GUIDE = "YouTube Data API, videos resource, as others quote it"


def _host(name: str, label: str, default: str) -> port.Field:
    return port.Field(
        name,
        label,
        default=default,
        pattern=r"https?://[A-Za-z0-9.\[\]:-]+/?",
        mend=f"Write the address only, such as {default}",
        advanced=True,
    )


KIND = Kind(
    name="youtube",
    label="YouTube",
    about="The statement's film, uploaded ahead as private and made public at the moment.",
    abilities=frozenset(
        {
            *(port.PREPARE, port.FIND, port.SAME_KEY_ONCE, port.WITHDRAW, port.VIDEO, port.LANGUAGES),
            *(port.FETCH, port.FIGURES, port.OAUTH, port.LOOK_BACK),
        }
    ),
    fields=(
        port.Field("client_id", "Client ID", hint="Of the project in the Google Cloud console"),
        port.Field("client_secret", "Client secret", hint="Shown beside the client ID", secret=True),
        port.Field(
            "form",
            "Description",
            choices=(
                (rendering.WHOLE, "The whole text, or the summary where it is too long"),
                (rendering.SUMMARY, "The summary, with the link to the whole text"),
            ),
            default=rendering.WHOLE,
        ),
        port.Field(
            "kids",
            "Made for children",
            hint="YouTube asks every channel to say so",
            choices=(("no", "No"), ("yes", "Yes")),
            default="no",
        ),
        port.Field(
            "withdrawal",
            "When a statement is withdrawn",
            choices=(("private", "The film becomes private"), ("delete", "The film is deleted")),
            default="private",
        ),
        port.Field(
            "category",
            "Category",
            hint="The number of a YouTube category; 25 is News and politics",
            default="25",
            pattern=r"[1-9][0-9]?",
            mend="Write a number from 1 to 99, such as 25",
            advanced=True,
        ),
        _host("service", "Service", DEFAULT_SERVICE),
        _host("accounts", "Sign-in page", "https://accounts.google.com"),
        _host("tokens", "Token service", "https://oauth2.googleapis.com"),
    ),
    limits=(
        port.Limit("title", rendering.MAX_TITLE, "characters", GUIDE, READ),
        port.Limit("description", rendering.MAX_DESCRIPTION, "bytes", GUIDE, READ),
        port.Limit("tags", rendering.MAX_TAGS, "characters together", GUIDE, "2026-11-05"),
        port.Limit("uploads", 100, "a day and project", "Google's quota pages", "2026-11-05"),
        port.Limit("calls", 10_000, "units a day and project", "Google's quota pages", "2026-11-05"),
        port.Limit("captions", 400, "units for each upload of captions", DISCOVERY, "2026-11-05"),
    ),
    help_file=Path(__file__).with_name("help.md"),
    oauth=port.OAuth(
        authorize="{accounts}/o/oauth2/v2/auth",
        token="{tokens}/token",  # noqa: S106 - an address
        # The one scope that uploads, changes, captions and reads comments.
        scopes=("https://www.googleapis.com/auth/youtube.force-ssl",),
        extra={"access_type": "offline", "prompt": "consent"},
    ),
    pace=port.Pace(100, 86_400),
)
