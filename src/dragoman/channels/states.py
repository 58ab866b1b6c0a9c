"""The state graphs of channels, deliveries and takedowns."""

from dragoman.lib.graph import Graph

# A channel that is off keeps its deliveries; none goes out.
CHANNEL = Graph(start="on", moves={"on": ("off",), "off": ("on",)})

# `queued` waits for its moment or for its next attempt; `armed` is prepared as well. `sending` is one attempt
# under a lease. `unsure` may be out: it is looked for, and failing that a person decides. `refused` waits for
# a person. Whatever has not been cancelled may turn out to be `sent`: an answer can come late.
DELIVERY = Graph(
    start="queued",
    moves={
        "queued": ("armed", "sending", "sent", "cancelled", "expired", "withdrawn"),
        "armed": ("queued", "sending", "sent", "cancelled", "expired", "withdrawn"),
        "sending": ("sent", "queued", "unsure", "refused"),
        "unsure": ("sent", "queued", "refused", "expired", "withdrawn"),
        "sent": ("withdrawn",),
        "refused": ("queued", "sent", "cancelled", "withdrawn"),
        "expired": ("sent", "withdrawn"),
        "cancelled": (),
        "withdrawn": (),
    },
    automatic=("queued", "armed", "sending", "unsure"),
)

WAITING = ("queued", "armed")
LIVE = ("queued", "armed", "sending", "unsure")

# `unable` is listed for a person, with a link; the person who has taken it down by hand makes it `done`.
TAKEDOWN = Graph(
    start="asked",
    moves={"asked": ("done", "unable"), "unable": ("asked", "done"), "done": ()},
    automatic=("asked",),
)

# One who asked to receive copies. `asked` waits for the yes that only the owner of the address can give;
# `gone` is an address that no longer exists. Those who have left may ask again, and are asked again.
RECIPIENT = Graph(
    start="asked",
    moves={
        "asked": ("confirmed", "left", "gone"),
        "confirmed": ("left", "gone", "asked"),
        "left": ("asked", "confirmed"),
        "gone": ("asked", "confirmed"),
    },
    automatic=("asked",),
)

# All copies of one delivery. `held` waits for a person: the account is refused.
MAILING = Graph(
    start="running",
    moves={"running": ("ended", "held"), "held": ("running", "ended"), "ended": ("running",)},
    automatic=("running",),
)

# One copy to one recipient. `sending` is claimed under a lease; `unsure` may have been received, and is sent
# again by itself only where the network knows a key that forbids doubling.
COPY = Graph(
    start="waiting",
    moves={
        "waiting": ("sending", "skipped", "expired"),
        "sending": ("done", "gone", "refused", "unsure", "waiting"),
        "done": ("gone",),
        "gone": (),
        "refused": (),
        "unsure": ("waiting", "done"),
        "skipped": (),
        "expired": (),
    },
    automatic=("waiting", "sending"),
)

# What another server told one of our actors. `dropped` is of no more use: taken back, or never answered.
ACTIVITY = Graph(
    start="waiting", moves={"waiting": ("done", "dropped"), "done": (), "dropped": ()}, automatic=("waiting",)
)
