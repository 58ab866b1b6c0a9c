"""Signatures on HTTP requests: who sent this, and is it as they sent it?

`rfc9421` is HTTP Message Signatures, `cavage` the draft that came before it and that much of the fediverse
still speaks, `webhooks` the Standard Webhooks. `digests` binds the body, `structured` reads the headers.

Nothing here opens a socket or keeps a key. A signature is judged by its bytes,
its key and the time passed in.
"""
