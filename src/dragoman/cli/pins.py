"""What a verifier keeps on its own machine: policies it decided to trust, and the last head it saw.

Neither is ever taken from the record that is verified, but for a policy on the first use that was asked for.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from urllib.parse import quote

from dragoman.lib.files import write_atomic
from dragoman.lib.tlog.policy import Policy
from dragoman.record.verification import Seen

MACHINE = Path("/etc/dragoman/policies")


def policy_file(name: str) -> Path:
    """Where the pinned policy of a record or a site is."""
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / "dragoman" / "policies" / f"{quote(name, safe='')}.txt"


def known_policy(name: str) -> Path | None:
    """The policy to trust for a record or a site: the one kept on this account, else the machine's own in
    /etc/dragoman/policies, else one that was shipped with this verifier (the package's folder `policies`)."""
    shipped = Path(__file__).parent / "policies"
    found = [policy_file(name), *(place / policy_file(name).name for place in (MACHINE, shipped))]
    return next((path for path in found if path.is_file()), None)


def pin(name: str, text: str) -> Path:
    """Trust this policy from now on."""
    path = policy_file(name)
    write_atomic(path, text.encode(), mode=0o600)
    return path


def recall(policy: Policy) -> Seen | None:
    """The head that was verified last under these log keys, or None."""
    try:
        read = json.loads(_memory(policy).read_bytes())
        return Seen(int(read["size"]), bytes.fromhex(read["root"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remember(policy: Policy, seen: Seen) -> None:
    """Keep the head. A disk that cannot be written is no reason to fail a verification."""
    try:
        write_atomic(_memory(policy), json.dumps({"size": seen.size, "root": seen.root.hex()}).encode())
    except OSError:
        return


def _memory(policy: Policy) -> Path:
    home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    # The first key of the policy names the record: a rotation adds keys behind it.
    return Path(home) / "dragoman" / "seen" / f"{quote(str(policy.logs[0].key), safe='')}.json"
