"""The table: the pages of the parties, in a process of their own.

A spokesperson signs in here with a key of their party and with nothing else; no officer and no session of the
desk is known here. Whoever has a seat sees one process and of it what all parties may see, and their own
party's answers. That another process exists is never told: what is not theirs is not there.
"""
