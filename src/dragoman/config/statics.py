"""The desk's style sheets and scripts, named by their digest once collected: browsers keep them."""

from __future__ import annotations

from whitenoise.storage import CompressedManifestStaticFilesStorage

URLS_IN_CSS = (
    r"""(?P<matched>url\(['"]{0,1}\s*(?P<url>.*?)["']{0,1}\))""",
    (r"""(?P<matched>@import\s*["']\s*(?P<url>.*?)["'])""", '@import url("%(url)s")'),
)


class DeskFiles(CompressedManifestStaticFilesStorage):
    """Before anything was collected (tests, a first look) the plain name is used instead of an error."""

    manifest_strict = False
    # Source maps are not shipped, so references to them are left alone.
    patterns = (("*.css", URLS_IN_CSS),)

    def stored_name(self, name: str) -> str:
        try:
            return str(super().stored_name(name))
        except ValueError:
            return name
