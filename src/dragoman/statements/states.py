"""The state graphs of this app's nouns."""

from dragoman.lib.graph import Graph

REVISION = Graph(
    start="draft",
    moves={
        "draft": ("review", "discarded"),
        "review": ("draft", "approved", "discarded"),
        "approved": ("review", "armed", "releasing", "discarded"),
        "armed": ("approved", "releasing"),
        "releasing": ("released",),
        "released": ("superseded", "withdrawn"),
        "superseded": ("withdrawn",),
        "withdrawn": (),
        "discarded": (),
    },
    automatic=("armed", "releasing"),
)

RELEASE = Graph(
    start="planned",
    moves={"planned": ("running", "cancelled"), "running": ("done",), "done": (), "cancelled": ()},
    automatic=("planned", "running"),
)

WITHDRAWAL = Graph(
    start="running",
    moves={"running": ("done",), "done": ()},
    automatic=("running",),
)

# What a text may still be changed in; an approved one goes back to review by the change.
EDITABLE = ("draft", "review", "approved")
OPEN = ("draft", "review", "approved", "armed", "releasing")
PUBLIC = ("released", "superseded", "withdrawn")
