"""Roles."""

ROLES = ("author", "approver", "releaser", "record_keeper", "auditor", "administrator")
