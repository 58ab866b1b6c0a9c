"""The state graphs of this app's nouns."""

from dragoman.lib.graph import Graph

# `proposed` by one person is `confirmed` by another. A confirmed one whose handle or address is changed is
# proposed again. Whatever was confirmed once stays listed for ever, retired at last.
ACCOUNT = Graph(
    start="proposed",
    moves={
        "proposed": ("confirmed", "discarded", "retired"),
        "confirmed": ("proposed", "compromised", "retired"),
        "compromised": ("confirmed", "retired"),
        "retired": (),
        "discarded": (),
    },
)

# One state of the register as the public gets it: sealed, then shown.
VERSION = Graph(start="planned", moves={"planned": ("out",), "out": ()}, automatic=("planned",))

# `planned` is being sealed, shown and sent; `standing` is on top of every public page until it is lifted.
NOTICE = Graph(
    start="planned",
    moves={
        "planned": ("standing",),
        "standing": ("lifting",),
        "lifting": ("lifted",),
        "lifted": (),
    },
    automatic=("planned", "lifting"),
)

LISTED = ("confirmed", "compromised", "retired")
LIVE = ("confirmed", "compromised")
