"""The life of one version of a fact, and of a proposal to change one."""

from dragoman.lib.graph import Graph

# A version is what the house says now, until a later version takes its place. Old versions stay readable.
FACT = Graph(start="current", moves={"current": ("superseded",), "superseded": ()})

# A proposal waits for the owner mission, which adopts or declines it.
PROPOSAL = Graph(start="open", moves={"open": ("adopted", "declined"), "adopted": (), "declined": ()})
