"""The public log: entries, tiles, checkpoints, keys, witnesses, proofs. Never edits an entry, never holds a text."""
