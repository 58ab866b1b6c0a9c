"""The state graphs of answers, of sending them, and of each reply."""

from dragoman.lib.graph import Graph

# An approved version is never edited: what is to be changed is written as the next version, and what stood
# there is kept and shown. A version `withdrawn` from its start is the tombstone of the answer.
VERSION = Graph(
    start="draft",
    moves={
        "draft": ("review", "discarded"),
        "review": ("draft", "approved", "discarded"),
        "approved": ("superseded", "withdrawn"),
        "superseded": (),
        "withdrawn": ("superseded",),
        "discarded": (),
    },
)
OPEN = ("draft", "review")

# One press. `waiting` are the seconds in which it can be undone; `stopped` ended before all were told.
SEND = Graph(
    start="waiting",
    moves={
        "waiting": ("running", "undone"),
        "running": ("done", "stopped"),
        "done": (),
        "stopped": (),
        "undone": (),
    },
    automatic=("waiting", "running"),
)

# One reply to one message. `queued` is in the hands of the channels; `sending` is one letter under way, which
# is never sent twice by itself: cut off there it is `unsure`, and a person looks. `cannot` waits for one too.
REPLY = Graph(
    start="planned",
    moves={
        "planned": ("queued", "sending", "sent", "cannot", "undone", "cancelled"),
        "queued": ("sent", "cannot", "cancelled"),
        "sending": ("sent", "cannot", "unsure", "planned"),
        "unsure": ("sent", "cannot"),
        "cannot": ("sent", "planned"),
        "sent": (),
        "undone": (),
        "cancelled": (),
    },
    automatic=("planned", "queued", "sending"),
)
# While a reply is in one of these, nobody else tells its writer the same.
TOLD = ("planned", "queued", "sending", "unsure", "sent")
