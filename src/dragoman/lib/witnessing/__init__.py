"""A witness (c2sp.org/tlog-witness) that a party or a newspaper keeps on its own machine.

judging (what it may sign, pure), keeping (its folder: a key, a list of logs, one small file a log), answering
(question in, answer out), serving (HTTP, asyncio alone), limits (how often an address may ask), pulling
(fetching a log's head by itself), gossip (what witnesses tell of the heads they saw, and how two are
compared), asking (reading that over HTTP). No Django, no database, nothing to install beside Python.
"""
