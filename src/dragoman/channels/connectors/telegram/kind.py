"""What the kind declares: its abilities, the fields of its set-up form, the limits of the network."""

from pathlib import Path

from dragoman.channels import connector as port
from dragoman.channels.connector import Kind
from dragoman.channels.connectors.telegram import rendering
from dragoman.channels.connectors.telegram.talk import DEFAULT_SERVICE

API = "core.telegram.org/bots/api, version 10.1 of 11 June 2026"
READ = "2026-11-22"

KIND = Kind(
    name="telegram",
    label="Telegram",
    about="Messages with pictures in a Telegram channel, posted by a bot of the ministry.",
    abilities=frozenset({port.PREPARE, port.WITHDRAW, port.THREADS, port.PICTURES, port.FETCH}),
    fields=(
        port.Field(
            "channel",
            "Channel",
            hint="Its public name, such as @ministry_example, or its number, such as -1001234567890",
            pattern=r"@[A-Za-z][A-Za-z0-9_]{3,31}|-?[0-9]{5,20}",
            mend="Write the name with its @, such as @ministry_example, or the number",
        ),
        port.Field("token", "Token of the bot", hint="As @BotFather gave it", secret=True),
        port.Field(
            "form",
            "What is posted",
            choices=(
                (rendering.WHOLE, "The whole text, as several messages when it is long"),
                (rendering.SUMMARY, "Title and summary"),
            ),
            default=rendering.WHOLE,
        ),
        port.Field(
            "service",
            "Server",
            hint="Leave it as it is unless the ministry runs its own Bot API server",
            default=DEFAULT_SERVICE,
            pattern=r"https?://[A-Za-z0-9.\[\]:-]+/?",
            mend="Write the server's address only, such as https://api.telegram.org",
            advanced=True,
        ),
    ),
    limits=(
        port.Limit("text", rendering.MAX, rendering.UNIT, API, READ),
        port.Limit("caption of a picture", rendering.MAX_CAPTION, rendering.UNIT, API, READ),
        port.Limit("pictures in an album", rendering.MAX_PICTURES, "pictures", API, READ),
        port.Limit("picture", rendering.MAX_PICTURE_BYTES, "bytes", API, READ),
        port.Limit("taking down", 48, "hours after posting, for a bot", API, READ),
        port.Limit("one text", rendering.MAX_PARTS, "messages", "our own choice", READ),
        port.Limit("posting", 20, "messages a minute", "the network's questions for bots, as commonly known"),
    ),
    help_file=Path(__file__).with_name("help.md"),
    pace=port.Pace(20, 60),
    warnings=(
        "A bot cannot look at what it has posted: when an answer was lost, a person looks and decides.",
        "A bot can take a message down for 48 hours only; after that a person deletes it by hand.",
    ),
)
