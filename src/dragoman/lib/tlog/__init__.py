"""A transparency log as static files, in the C2SP family of formats, and what it takes to check one.

merkle (RFC 6962 trees), tiles (tlog-tiles), note (signed-note), checkpoint (tlog-checkpoint),
cosign (tlog-cosignature), proof (tlog-proof), policy (tlog-policy), witness (tlog-witness, the client's
side as bytes), verify (a whole log against a policy). Nothing here opens a file or a socket: callers hand in
functions that read and write. Knows nothing of what an entry says.
"""
