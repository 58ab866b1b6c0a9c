"""What the set-up form of an actor asks, and what the kind is able to do."""

from pathlib import Path

from dragoman.channels import connector as port
from dragoman.channels.connectors.activitypub import inbox, peers, rendering
from dragoman.lib.signatures import keys

CHECKED = "2026-11-22"

KIND = port.Kind(
    name="activitypub",
    label="ActivityPub (our own account in the fediverse)",
    about="An account on the ministry's own domain, which people follow from Mastodon and all its kin.",
    abilities=frozenset(
        {
            *(port.FIND, port.SAME_KEY_ONCE, port.WITHDRAW, port.MANY, port.PICTURES, port.LANGUAGES),
            port.FIGURES,
        }
    ),
    fields=(
        port.Field(
            "handle",
            "Handle",
            hint="The part before the second @, such as mfa in @mfa@mfa.example. It can never be changed",
            pattern=r"(?!inbox$)[a-z][a-z0-9_]{1,29}",
            mend="Use two to thirty small letters, digits, underscores; first a letter; not the word inbox",
        ),
        port.Field(
            "service",
            "Address of the public site",
            hint="Exactly as readers see it, such as https://mfa.example. It can never be changed",
            pattern=r"https?://[A-Za-z0-9.\[\]:-]+/?",
            mend="Write the site's address only, such as https://mfa.example",
        ),
        port.Field("name", "Public name", hint="As people see it, such as Ministry of Foreign Affairs"),
        port.Field("about", "About", hint="Two or three sentences that stand under the name", required=False),
        port.Field(
            "icon",
            "Picture",
            hint="Address of a square PNG or JPEG on the site",
            required=False,
            pattern=r"https?://\S+",
            mend="Write the whole address of a picture",
            advanced=True,
        ),
        port.Field(
            "form",
            "What is posted",
            choices=(
                (rendering.WHOLE, "The whole text"),
                (rendering.SUMMARY, "Title and summary, with a link to the whole text"),
            ),
            default=rendering.WHOLE,
        ),
        port.Field(
            "private_key",
            "Signing key",
            hint="Left empty, the desk makes one. Other servers know the account by it",
            secret=True,
            required=False,
            advanced=True,
            make=keys.new_rsa,
        ),
    ),
    limits=(
        port.Limit("text", rendering.LIMIT, rendering.UNIT, "our own choice; ActivityPub sets none", CHECKED),
        port.Limit("activity from outside", inbox.MOST_BYTES, "bytes", "our own choice", CHECKED),
        port.Limit("actor from outside", peers.LIMITS.answer, "bytes", "our own choice", CHECKED),
    ),
    help_file=Path(__file__).with_name("help.md"),
)
