"""What is true, since when, by which law.

Nouns: fact sheet, fact (each version is a row), proposal. Never edits a fact in place once something
cites it, and never deletes one.
"""
