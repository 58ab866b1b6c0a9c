"""The state graphs of this app's nouns."""

from dragoman.lib.graph import Graph

# A process can do nothing but agree on its protocol and keyring until these are in the record ("founding").
PROCESS = Graph(
    start="founding",
    moves={
        "founding": ("open", "closed"),
        "open": ("paused", "closed"),
        "paused": ("open", "closed"),
        "closed": (),
    },
)

PARTY = Graph(
    start="invited",
    moves={
        "invited": ("active", "left"),
        "active": ("frozen", "left"),
        "frozen": ("active", "left"),
        "left": (),
    },
)

PROTOCOL = Graph(
    start="draft",
    moves={
        "draft": ("put", "discarded"),
        "put": ("draft", "agreed", "discarded"),
        "agreed": ("put", "in_force", "discarded"),
        "in_force": ("superseded",),
        "superseded": (),
        "discarded": (),
    },
    automatic=("agreed",),
)

# `open`: put to the parties. `agreed`: the rule is satisfied, every consent may still be taken back.
# `releasing`: the moment has come and nothing can be taken back any more.
ROUND = Graph(
    start="drafting",
    moves={
        "drafting": ("open", "cancelled"),
        "open": ("agreed", "declined", "expired", "replaced", "cancelled"),
        "agreed": ("open", "armed", "releasing", "replaced", "cancelled", "expired"),
        "armed": ("agreed", "releasing", "open"),
        "releasing": ("released",),
        "released": (),
        "declined": ("replaced",),
        "expired": ("replaced",),
        "replaced": (),
        "cancelled": (),
    },
    automatic=("open", "armed", "releasing"),
)

LINE = Graph(
    start="due",
    moves={"due": ("sealed", "cancelled"), "sealed": ("shown",), "shown": (), "cancelled": ()},
    automatic=("due", "sealed"),
)

ASK = Graph(
    start="asked",
    moves={"asked": ("granted", "refused", "taken_back"), "granted": (), "refused": (), "taken_back": ()},
)

# A round whose text nobody but the host has seen may be changed; one that was put may only be replaced.
PUT = ("open", "agreed", "armed", "releasing", "released", "declined", "expired", "replaced")
STANDING = ("open", "agreed", "armed", "releasing")
