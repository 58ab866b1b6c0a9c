"""What the kind declares: its fields, abilities and limits."""

from pathlib import Path

from dragoman.channels import connector as port
from dragoman.channels.connector import Kind
from dragoman.channels.connectors.bluesky import rendering
from dragoman.channels.connectors.bluesky.talk import DEFAULT_SERVICE

TRIED = "2026-11-22"

KIND = Kind(
    name="bluesky",
    label="Bluesky",
    about="Posts with a link card, and threads, on Bluesky or another server of the AT Protocol.",
    abilities=frozenset(
        {
            *(port.PREPARE, port.FIND, port.SAME_KEY_ONCE, port.WITHDRAW),
            *(port.THREADS, port.PICTURES, port.LANGUAGES),
            *(port.FETCH, port.FIGURES, port.REPLY, port.LOOK_BACK, port.VANISHED),
        }
    ),
    fields=(
        port.Field(
            "handle",
            "Handle",
            hint="The account's name on the network, such as ministry.example.int",
            pattern=r"@?([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]*",
            mend="Write the whole handle with its dots, such as ministry.example.int",
        ),
        port.Field(
            "app_password",
            "App password",
            hint="Made on the network under Settings, Privacy and security, App passwords",
            secret=True,
        ),
        port.Field(
            "form",
            "What is posted",
            choices=(
                (rendering.SUMMARY, "Title and summary, with a card that leads to the whole text"),
                (rendering.WHOLE, "The whole text, as a thread when it is long"),
            ),
            default=rendering.SUMMARY,
        ),
        port.Field(
            "pictures",
            "Pictures",
            hint="A post on this network holds pictures or a card, not both",
            choices=(
                (rendering.IMAGES, "In the post, with their words; the link stands in the text"),
                (rendering.CARD, "The first one on the card that leads to the whole text"),
            ),
            default=rendering.IMAGES,
        ),
        port.Field(
            "service",
            "Server",
            hint="Leave it as it is unless the account is on a server of its own",
            default=DEFAULT_SERVICE,
            pattern=r"https?://[A-Za-z0-9.\[\]:-]+/?",
            mend="Write the server's address only, such as https://bsky.social",
            advanced=True,
        ),
    ),
    limits=(
        port.Limit("text", rendering.MAX_GRAPHEMES, "graphemes", "tried against the server", TRIED),
        port.Limit("text", rendering.MAX_BYTES, "bytes", "tried against the server", TRIED),
        port.Limit("pictures", rendering.MAX_PICTURES, "a post", "lexicon app.bsky.embed.images", TRIED),
        port.Limit("picture", 1_000_000, "bytes; larger ones are made smaller", "the same", TRIED),
        port.Limit("thread", rendering.MAX_PARTS, "posts", "our own choice", TRIED),
    ),
    help_file=Path(__file__).with_name("help.md"),
)
