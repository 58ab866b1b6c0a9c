"""The life of one version of a fact, of a proposal to change one, and of a known wrong belief."""

from dragoman.lib.graph import Graph

# A version is what the house says now, until a later version takes its place. Old versions stay readable.
FACT = Graph(start="current", moves={"current": ("superseded",), "superseded": ()})

# A proposal waits for the owner mission, which adopts or declines it.
PROPOSAL = Graph(start="open", moves={"open": ("adopted", "declined"), "adopted": (), "declined": ()})

# A belief that seems to go round waits for a person, who confirms it; one that faded is retired, and may come
# back.
BELIEF = Graph(
    start="proposed",
    moves={"proposed": ("confirmed", "retired"), "confirmed": ("retired",), "retired": ("confirmed",)},
)

# A version of a decision table waits for the yes of others, then answers until the next takes its place.
TABLE = Graph(
    start="review",
    moves={
        "review": ("current", "declined", "replaced"),
        "current": ("superseded", "retired"),
        "declined": (),
        "replaced": (),
        "superseded": (),
        "retired": (),
    },
)
