"""Writes the eligibility checker of a fact sheet: a page in every language of the sheet's own pages."""

from __future__ import annotations

from collections.abc import Sequence

from dragoman.public import checker, render, rules, site, words
from dragoman.public.values import SheetPage


def pages(sheet: SheetPage, langs: Sequence[str]) -> None:
    """The checker in these languages. A sheet whose table was taken away keeps no page that answers."""
    found = checker.checker_of(sheet)
    for lang in langs:
        path = checker.path(sheet.slug, lang)
        if found is None:
            site.remove(path)
            continue
        known = words.load(lang, site.home())
        context = checker.shown(sheet, found, lang)
        context["outcomes"] = [{"name": name, "words": known[f"chk_out_{name}"]} for name in checker.OUTCOMES]
        data = render.page(
            "public/checker.html",
            lang,
            langs=langs,
            url=lambda one: checker.path(sheet.slug, one),
            here="facts",
            sheet_url=rules.sheet_path(sheet.slug, lang),
            table=checker.for_script(sheet, found),
            checker_js=site.asset("checker.js"),
            **context,
        )
        site.write(path, data)
