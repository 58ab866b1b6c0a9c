"""The programming face: what the desk does, as HTTP and JSON under /api/v1/.

Nouns: stored answer (of a request that may be repeated), window (of a token's requests). It calls the same
actions and queries as the pages and decides nothing itself. Never pages, forms or a deed of its own.
"""
