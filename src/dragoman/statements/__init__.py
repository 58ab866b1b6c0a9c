"""What the ministry says.

Nouns: statement, revision, text, citation, picture, finding and clearance, approval, release, withdrawal.
Never edits or erases what was released: a correction is a new revision that names the old,
a withdrawal a tombstone.
"""
