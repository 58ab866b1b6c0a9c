"""The desk's pages of statements: request in, one action or query, page out."""
