"""The register of official accounts: which accounts, domains and senders speak for the ministry, since when,
until when, and how that was verified. Nouns: official account, check, version of the register, notice.

Each public version of the register and each notice of a compromised account is sealed in the record before it
is shown. Holds no secret and posts nothing by itself but notices; never takes an account out of the register
because a check failed: a person decides.
"""
