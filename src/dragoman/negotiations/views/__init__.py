"""The host's pages: request in, one action or query, page out."""
