"""Talks between parties: each signs every word that is released, and everyone reads it at the same instant.

Nouns: process, party, spokesperson, protocol, keyring, round, consent, line, receipt. The pure rules (what is
signed, who must, how it is verified) need no Django and are what a party runs on its own machine. Never shows
a party another party's draft or answer before its time; never lets a word of an open round into the record, a
feed, a file's name or an index; never counts silence as consent unless the protocol that all signed says so.
"""
