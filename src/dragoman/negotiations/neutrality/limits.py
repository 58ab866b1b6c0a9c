"""What no rule can see. Shown with every list of findings: an empty list is no verdict."""

from __future__ import annotations

LIMITS = (
    "These checks find words and numbers. They do not understand what a text means. An empty list is no "
    "proof that a text is neutral: only the parties can say so, by signing it.",
    "Irony, allusion, and what is left out are not seen: a fact that one side wants told, and the text does "
    "not tell, leaves no word to find.",
    "Who did what to whom is guessed from names in the same sentence. A side that is blamed without its "
    "name, or by the name of a town, is not seen.",
    "Word lists hold common words in their usual forms. Rare and new words, dialect, parted verbs (“gab den "
    "Fehler zu”) and mistakes of spelling are missed; words with a second, harmless meaning are found too.",
    "The languages are compared by names, places, dates, numbers and negation, not by meaning. A second "
    "reader who knows both languages is needed for every pair.",
    "A withheld name is found as it was written. In another script, in another case of its language, or as a "
    "nickname it is not; nor are pieces by which somebody can be recognised from several texts together.",
    "Pictures, captions in pictures, and the time and channel of a release are not looked at here.",
    "Neutrality of procedure can be shown to everyone. Neutrality of meaning cannot, and is not promised.",
)


def limits() -> tuple[str, ...]:
    """What a machine cannot judge here, one sentence or two an entry."""
    return LIMITS
