"""Labelled steps at which a fault test may end the process as a power cut would.

`step("channels.claimed")` does nothing at all, unless the environment names exactly that step in
`DRAGOMAN_DIE_AT`; then the process ends itself with SIGKILL, with no chance to tidy up. The variable is
read at each step and not kept, so that a running service can be given it by nobody but its own parent.
"""

import os
import signal

VARIABLE = "DRAGOMAN_DIE_AT"


def step(name: str) -> None:
    """Mark a step. When called: between two things that must each survive a death in between."""
    if os.environ.get(VARIABLE) == name:
        os.kill(os.getpid(), signal.SIGKILL)
