"""Officers, missions, roles, sign-in. Nouns: officer, mission, membership, token.

Never decides what a role may do to a text.
"""
