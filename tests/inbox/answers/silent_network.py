"""The same network, where nobody can be replied to."""

from __future__ import annotations

from dataclasses import replace

from tests.inbox.answers.answering_network import KIND as ANSWERING
from tests.inbox.answers.answering_network import connect

from dragoman.channels import connector as port

__all__ = ["KIND", "connect"]

KIND = replace(ANSWERING, name="silent", label="Silent", abilities=ANSWERING.abilities - {port.REPLY})
