"""The public log: what was released, provably the same for everyone. Nouns: entry, checkpoint, proof.

Holds digests and never a text; never edits or erases an entry; never signs a head that does not continue the
last one. Files are under the public folder's `record/`, keys and the signer's memory in the keys folder, and
whom the record trusts to co-sign in `policy.txt` in the home.
"""
