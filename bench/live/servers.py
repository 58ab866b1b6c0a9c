"""The servers: ours, nginx with nchan, and a C loop that only writes. All are started and fired alike."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import psycopg
from bench.live import machine

NCHAN = Path("/usr/lib/nginx/modules/ngx_nchan_module.so")
NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
PATIENCE = 60.0
TABLE = """
    CREATE TABLE IF NOT EXISTS public_pulse (
        id bigserial PRIMARY KEY, number bigint UNIQUE, kind text, talks text DEFAULT '', data jsonb
    )
"""


class Server:
    """One server on a port of its own. `fire` publishes and returns the time just before, in nanoseconds."""

    name = ""
    path = "/pulse"

    def __init__(self, folder: Path, *, tls: Path | None = None, processes: int = 1) -> None:
        self.folder, self.tls, self.processes = folder, tls, processes
        self.port = free_port()
        self.pids: list[int] = []
        self.start()

    def command(self) -> list[str]:
        raise NotImplementedError

    def environment(self) -> dict[str, str]:
        return {}

    def start(self) -> None:
        both = machine.cores()
        allowed = both[0] if self.processes == 1 else both[0] | both[1]
        with (self.folder / f"{self.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command(), stderr=log, stdout=log, env={**os.environ, **self.environment()}
            )
        os.sched_setaffinity(self.process.pid, allowed)
        until(lambda: answers(self.port), f"{self.name} on port {self.port}")
        time.sleep(1)
        self.pids = machine.tree(self.process.pid)

    def make_ready(self) -> None:
        """Just before an event, and not counted."""

    def fire(self, body: bytes) -> int:
        raise NotImplementedError

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(10)
        self.process.kill()
        self.process.wait()


class Posted(Server):
    """Published to by POST, on a connection made just before: nginx lets idle ones go when it is full."""

    publish_port = 0
    line: socket.socket | None = None

    def make_ready(self) -> None:
        if self.line:
            self.line.close()
        self.line = socket.create_connection(("127.0.0.1", self.publish_port or self.port), timeout=20)
        self.line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        time.sleep(0.005)

    def fire(self, body: bytes) -> int:
        fields = f"Host: localhost\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n"
        data = b"POST /publish HTTP/1.1\r\n" + fields.encode() + body
        if self.line is None:
            raise RuntimeError("it was not made ready")
        begun = time.time_ns()
        self.line.sendall(data)
        if b" 20" not in self.line.recv(65536):
            raise RuntimeError(f"{self.name} did not take the event")
        return begun


class Loop(Posted):
    """The floor."""

    name = "c loop"

    def command(self) -> list[str]:
        return [str(self.folder / "loop"), str(self.port)]


class Nchan(Posted):
    """nginx with the nchan module, as Debian has it."""

    name = "nchan"

    def command(self) -> list[str]:
        self.publish_port = free_port()
        file = self.folder / f"nginx-{self.port}.conf"
        file.write_text(self.configuration())
        return [str(NGINX), "-c", str(file), "-p", str(self.folder), "-e", "stderr"]

    def configuration(self) -> str:
        share = " reuseport" if self.processes > 1 else ""
        secure = f"ssl_certificate {self.tls}.crt; ssl_certificate_key {self.tls}.key;" if self.tls else ""
        places = "".join(
            f"{name}_temp_path {self.folder}/{name};"
            for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        user = "user root;" if os.getuid() == 0 else ""
        return f"""
load_module {NCHAN};
{user} worker_processes {self.processes}; worker_rlimit_nofile 20000; daemon off;
pid {self.folder}/nginx-{self.port}.pid; error_log stderr error;
events {{ worker_connections 19980; use epoll; }}
http {{
    access_log off; {places} tcp_nodelay on; keepalive_requests 1000000; keepalive_timeout 3600;
    nchan_shared_memory_size 512M; client_body_buffer_size 1m;
    server {{
        listen 127.0.0.1:{self.port} backlog=4096{" ssl" if self.tls else ""}{share};
        {secure}
        location = /pulse {{
            nchan_subscriber eventsource; nchan_channel_id pulse;
            nchan_subscriber_first_message newest; nchan_eventsource_ping_interval 0;
        }}
    }}
    server {{
        listen 127.0.0.1:{self.publish_port} backlog=64{share};
        location = /publish {{ nchan_publisher; nchan_channel_id pulse; nchan_message_buffer_length 1; }}
    }}
}}
"""


class Pulse(Server):
    """Ours as it runs in service, on a database with the one table that it reads.

    An event is a row and a notice in one transaction. The transaction does not wait for the disk, for the
    others keep nothing on one: what is measured begins when the database is asked and includes its notice and
    our reading of the row.
    """

    name = "pulse"
    database = ""

    def command(self) -> list[str]:
        return [sys.executable, "-m", "dragoman.public.pulse"]

    def environment(self) -> dict[str, str]:
        secure = {"DRAGOMAN_LIVE_TLS_CERT": f"{self.tls}.crt", "DRAGOMAN_LIVE_TLS_KEY": f"{self.tls}.key"}
        return {
            "DATABASE_URL": self.database,
            "DRAGOMAN_LIVE_PORT": str(self.port),
            "DRAGOMAN_LIVE_READERS": "1000000",
            "DRAGOMAN_LIVE_PER_ADDRESS": "0",
            "DRAGOMAN_LIVE_PROCESSES": str(self.processes),
            "DRAGOMAN_LIVE_PING_SECONDS": "0",
            "PYTHONPATH": str(Path(__file__).resolve().parents[2] / "src"),
            **(secure if self.tls else {}),
        }

    def start(self) -> None:
        self.line = psycopg.connect(self.database, autocommit=True)
        self.line.execute("SET synchronous_commit = off")
        self.line.execute(TABLE)
        super().start()

    def fire(self, body: bytes) -> int:
        query = """
            WITH made AS (
                INSERT INTO public_pulse (number, kind, data)
                SELECT coalesce(max(number), 0) + 1, 'statement', jsonb_build_object('text', %s::text)
                FROM public_pulse RETURNING number
            ) SELECT pg_notify('pulse', number::text) FROM made
        """
        begun = time.time_ns()
        self.line.execute(query, (body.decode(),))
        return begun

    def stop(self) -> None:
        super().stop()
        self.line.close()


def those_here(*, tls: bool) -> list[type[Server]]:
    """What can run on this machine. The C loop knows no TLS."""
    found: list[type[Server]] = [Pulse] if tls else [Pulse, Loop]
    return [*found, Nchan] if NGINX and NCHAN.exists() else found


def certificate(folder: Path) -> Path | None:
    """A self-signed certificate and key, as <path>.crt and .key; None without openssl."""
    if not shutil.which("openssl"):
        return None
    path = folder / "live"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    files = ["-keyout", f"{path}.key", "-out", f"{path}.crt"]
    subprocess.run(["openssl", *words.split(), *files], check=True, capture_output=True)
    return path


def free_port() -> int:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError:
        return False
    return True


def until(true: object, what: str) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if callable(true) and true():
            return
        time.sleep(0.05)
    raise RuntimeError(f"{what} did not come up")
