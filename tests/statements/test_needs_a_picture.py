"""A network that takes no post without a picture: the editor shows it, and nobody approves it."""

from __future__ import annotations

import pytest
from django.test import Client
from tests import make
from tests.cast import assemble
from tests.fakes.instagram import Instagram

from dragoman.channels import actions, queries
from dragoman.channels.models import Channel
from dragoman.statements.models import Revision
from dragoman.statements.queries import drafting, editor, renditions

pytestmark = pytest.mark.django_db


def test_a_statement_without_a_picture_is_over_on_instagram() -> None:
    cast = assemble()
    make.make_sheet(cast)
    with Instagram().running() as fake:
        plain, secrets, session = fake.account()
        channel = actions.create_channel(
            by=cast.admin,
            mission=cast.capital,
            kind="instagram",
            slug="instagram",
            label="@ministry",
            values={**plain, **secrets},
        )
        Channel.objects.filter(pk=channel.pk).update(session=queries.vault().seal(session))
        revision = Revision.objects.get(pk=make.make_statement(cast, channels=(channel,)).pk)
        shown = renditions.shown(revision)
        lines = [line for line in editor.lengths(shown, ["en"]) if line.channel.pk == channel.pk]
        assert [line.over for line in lines] == [True]
        assert lines[0].cells[0].parts[0].unit == "posts without a picture"
        client = Client()
        client.force_login(cast.editor, backend="allauth.account.auth_backends.AuthenticationBackend")
        page = client.get(f"/statements/{revision.statement.ref}/", follow=True).content.decode()
        assert "1 of 0 posts without a picture" in page
        against = [one.finding for one in drafting.findings(revision) if one.finding.rule == "LEN-1"]
        assert [finding.severity for finding in against] == ["blocks"]
