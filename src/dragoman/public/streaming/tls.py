"""The key and certificate of the live stream's own TLS."""

import ssl
from pathlib import Path


def context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Raises OSError (ssl.SSLError is one) when the files are not to be read or do not belong together."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.set_alpn_protocols(["http/1.1"])
    made.options |= ssl.OP_NO_RENEGOTIATION
    made.load_cert_chain(certificate, key)
    return made


def reload(used: ssl.SSLContext, certificate: Path, key: Path) -> None:
    """New readers get the new certificate, the others keep their connection. Raises as `context`, changing
    nothing: the files are tried first on a context that nobody uses."""
    context(certificate, key)
    used.load_cert_chain(certificate, key)
