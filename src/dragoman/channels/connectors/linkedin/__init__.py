"""Pages of organisations on LinkedIn, by its Posts API."""
