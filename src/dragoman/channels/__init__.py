"""Ways out and in. Nouns: channel, delivery, attempt, takedown.

Brings an approved rendition to one account of a network, once, and keeps every attempt. Knows no statement;
never sends again what may already be out.
"""
