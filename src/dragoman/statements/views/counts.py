"""Lengths and previews while one types: the same code that sends, asked before anything is saved."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from dragoman.base.access import allow
from dragoman.lib.problems import NotFound, TooLarge
from dragoman.statements.queries import counts, editor
from dragoman.statements.queries.counts import Typed
from dragoman.statements.views.common import revision_of

WRITERS = ("author", "approver", "releaser")
LONGEST = 200_000


@allow(*WRITERS)
@require_POST
def live(request: HttpRequest, ref: str) -> HttpResponse:
    """Posted: `<lang>.title`, `.summary`, `.body` of the languages on the page, `show` for the preview.

    Gives the lengths and the preview; writes nothing, so that a stray key never voids an approval.
    """
    revision = revision_of(request, ref)
    langs = [lang for lang in request.POST.getlist("lang") if revision.texts.filter(lang=lang).exists()][:2]
    if not langs:
        raise NotFound("It has no such language.")
    given = {lang: _typed(request, lang) for lang in langs}
    texts, shown = counts.as_typed(revision, given)
    by_lang = {text.lang: text for text in texts}
    wanted = request.POST.get("show", "")
    shown_text = by_lang[wanted if wanted in given else langs[0]]
    context = {
        "revision": revision,
        "statement": revision.statement,
        "choice": {"langs": langs, "texts": texts, "left": by_lang[langs[0]]},
        "words": [(lang, editor.words_in(by_lang[lang])) for lang in langs],
        "lengths": editor.lengths(shown, langs),
        "shown_text": shown_text,
        "previews": editor.previews(shown, shown_text.lang),
        "page_html": editor.page_html(shown_text, revision.sheet),
    }
    return render(request, "statements/_measures.html", context)


def _typed(request: HttpRequest, lang: str) -> Typed:
    given = [request.POST.get(f"{lang}.{name}", "").replace("\r\n", "\n") for name in Typed.__match_args__]
    if any(len(text) > LONGEST for text in given):
        raise TooLarge(f"A text may have {LONGEST:,} characters.")
    title, summary, body = given
    return Typed(" ".join(title.split()), summary.strip(), body)
