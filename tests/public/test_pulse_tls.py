"""The live stream with TLS of its own: what readers see, and how the certificate is changed."""

import signal
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from tests.public import live
from tests.public.live import Client, Process, add

pytestmark = pytest.mark.django_db(transaction=True)


def certify(folder: Path, serial: int, name: str = "live") -> dict[str, str]:
    """A certificate that trusts itself, and its key; the settings that name them."""
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    names = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1"))]
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, secret = folder / f"{name}.crt", folder / f"{name}.key"
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    secret.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return {"DRAGOMAN_LIVE_TLS_CERT": str(certificate), "DRAGOMAN_LIVE_TLS_KEY": str(secret)}


@pytest.fixture
def pulse(tmp_path: Path) -> Iterator[Process]:
    files = certify(tmp_path, 1001)
    process = Process(live.database(), trust=tmp_path / "live.crt", DRAGOMAN_LIVE_PER_ADDRESS="8", **files)
    yield process
    process.close()


def test_readers_get_their_events_over_tls(pulse: Process) -> None:
    add(1, 2)
    pulse.wait(lambda: pulse.health()["last"] == 2)
    readers = [pulse.listen(last=0), pulse.listen(), pulse.listen(path="/pulse/riverton")]
    add(3, size=200_000)
    add(4, talks="riverton")
    assert readers[0].until(4) == [1, 2, 3, 4]
    assert readers[1].until(4) == [3, 4]
    assert readers[2].until(4) == [4]
    assert isinstance(readers[0].socket, ssl.SSLSocket)
    assert readers[0].socket.version() in ("TLSv1.2", "TLSv1.3")


def test_slow_reader_over_tls_loses_and_doubles_nothing(pulse: Process) -> None:
    slow, quick = pulse.listen(), pulse.listen()
    count = 18
    for number in range(1, count + 1):
        add(number, size=400_000)
        quick.until(number)
    assert quick.numbers == list(range(1, count + 1))
    pulse.wait(lambda: pulse.health()["dropped"] == 1)
    with suppress(ConnectionResetError):
        slow.end()
    again = pulse.listen(last=(slow.numbers or [0])[-1], before=False)
    assert slow.numbers + again.until(count) == list(range(1, count + 1))


def test_plain_words_at_the_tls_port_are_not_answered(pulse: Process) -> None:
    with socket.create_connection(("127.0.0.1", pulse.port), timeout=15) as one:
        one.sendall(b"GET /pulse HTTP/1.1\r\nHost: x\r\n\r\n")
        got = b""
        with suppress(ConnectionResetError):
            while data := one.recv(4096):
                got += data
    assert b"HTTP/1.1" not in got
    assert pulse.health()["ok"] is True


def test_address_that_knocks_too_often_costs_no_handshake(pulse: Process) -> None:
    held = [pulse.listen(source="127.0.0.66") for _ in range(8)]
    with pytest.raises(OSError, match=r"EOF|reset|closed"):
        pulse.connect("127.0.0.66")
    assert pulse.health()["refused"] == 1
    add(1)
    assert all(reader.until(1) == [1] for reader in held)


def serial(pulse: Process) -> int:
    """Of the certificate that a new reader is shown."""
    bare = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    bare.check_hostname, bare.verify_mode = False, ssl.CERT_NONE
    with bare.wrap_socket(socket.create_connection(("127.0.0.1", pulse.port), timeout=15)) as one:
        shown = one.getpeercert(binary_form=True)
    assert shown is not None
    return x509.load_der_x509_certificate(shown).serial_number


def test_certificate_is_changed_without_losing_a_reader(pulse: Process, tmp_path: Path) -> None:
    reader: Client = pulse.listen()
    assert serial(pulse) == 1001
    certify(tmp_path, 1002)
    pulse.process.send_signal(signal.SIGHUP)
    pulse.wait(lambda: serial(pulse) == 1002)
    (tmp_path / "live.key").write_text("nonsense")  # a key that does not fit is not taken
    pulse.process.send_signal(signal.SIGHUP)
    certify(tmp_path, 1003, name="other")
    (tmp_path / "live.crt").write_bytes((tmp_path / "other.crt").read_bytes())
    pulse.process.send_signal(signal.SIGHUP)
    add(1)
    assert reader.until(1) == [1]
    assert serial(pulse) == 1002
    (tmp_path / "live.key").write_bytes((tmp_path / "other.key").read_bytes())
    pulse.process.send_signal(signal.SIGHUP)
    pulse.wait(lambda: serial(pulse) == 1003)
    add(2)
    assert reader.until(2) == [1, 2]


def test_certificate_that_cannot_be_used_stops_the_start(tmp_path: Path) -> None:
    files = certify(tmp_path, 1)
    (tmp_path / "live.key").write_text("nonsense")
    with pytest.raises(AssertionError, match="ended"):
        Process(live.database(), trust=tmp_path / "live.crt", **files)
