"""Notices to browsers that said yes on our own page (RFC 8030, 8291, 8292)."""
