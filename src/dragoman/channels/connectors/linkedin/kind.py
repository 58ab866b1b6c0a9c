"""What the kind declares: its abilities, the fields of its set-up form, the limits of the network."""

from pathlib import Path

from dragoman.channels import connector as port
from dragoman.channels.connector import Kind
from dragoman.channels.connectors.linkedin import rendering
from dragoman.channels.connectors.linkedin.talk import DEFAULT_SERVICE, DEFAULT_SITE, DEFAULT_VERSION

DOCS = "learn.microsoft.com/linkedin"
READ = "2026-11-22"
OTHERS = "several third parties; LinkedIn's documents do not say"
_HOST = r"https?://[A-Za-z0-9.\[\]:-]+/?"

KIND = Kind(
    name="linkedin",
    label="LinkedIn",
    about="Posts on the page of an organisation on LinkedIn, with a card or with pictures.",
    abilities=frozenset(
        {
            *(port.PREPARE, port.FIND, port.WITHDRAW, port.PICTURES),
            *(port.FETCH, port.FIGURES, port.OAUTH, port.LOOK_BACK),
        }
    ),
    fields=(
        port.Field(
            "organization",
            "Number of the page",
            hint="From its address when you administer it: linkedin.com/company/12345/admin",
            pattern=r"[0-9]{1,18}",
            mend="Write the number only, such as 12345",
        ),
        port.Field("client_id", "Client ID", hint="Of the app, under Auth"),
        port.Field("client_secret", "Client secret", hint="Of the app, under Auth", secret=True),
        port.Field(
            "form",
            "What is posted",
            choices=(
                (rendering.SUMMARY, "Title and summary, with a card that leads to the whole text"),
                (rendering.WHOLE, "The whole text, when it fits"),
            ),
            default=rendering.SUMMARY,
        ),
        port.Field(
            "version",
            "Version of the API",
            hint="A year and a month. LinkedIn drops a version after a year at the earliest",
            default=DEFAULT_VERSION,
            pattern=r"20[0-9]{2}(0[1-9]|1[0-2])",
            mend="Write a year and a month, such as 202607",
            advanced=True,
        ),
        port.Field(
            "service",
            "Server of the API",
            default=DEFAULT_SERVICE,
            pattern=_HOST,
            mend="Write the server's address only, such as https://api.linkedin.com",
            advanced=True,
        ),
        port.Field(
            "site",
            "Site of the network",
            default=DEFAULT_SITE,
            pattern=_HOST,
            mend="Write the site's address only, such as https://www.linkedin.com",
            advanced=True,
        ),
    ),
    limits=(
        port.Limit("text", rendering.MAX, rendering.UNIT, OTHERS, READ),
        port.Limit("pictures", rendering.MAX_PICTURES, "pictures a post", "from general knowledge"),
        port.Limit(
            "picture", rendering.MAX_PIXELS, "pixels", "a third party's manual of the Images API", READ
        ),
        port.Limit("description of a picture", rendering.MAX_ALT, "characters", "from general knowledge"),
        port.Limit("sign-in", 60, "days", f"{DOCS}, Programmatic refresh tokens", "2026-11-22"),
        port.Limit("renewing the sign-in", 365, "days, for approved apps", f"{DOCS}, the same", "2026-11-22"),
        port.Limit("version of the API", 12, "months at least", f"{DOCS}, Marketing API versioning", READ),
    ),
    help_file=Path(__file__).with_name("help.md"),
    oauth=port.OAuth(
        authorize="{site}/oauth/v2/authorization",
        token="{site}/oauth/v2/accessToken",  # noqa: S106 - an address, no password
        scopes=(
            *("w_organization_social", "r_organization_social"),
            *("r_organization_social_feed", "r_organization_admin"),
        ),
    ),
    pace=port.Pace(10, 60),
    warnings=(
        "LinkedIn looks at each app before it lets it post on a page; this takes days or weeks.",
        "A sign-in lasts 60 days; only apps that LinkedIn has approved for it may renew it by themselves.",
    ),
)
