"""LinkedIn's "little" text format (learn.microsoft.com, Posts API, little Text Format). Pure.

The text of a post is written in a small markup: fifteen signs are reserved and must have a backslash before
them to be taken as they are. One that has none makes LinkedIn drop the rest of the text without a word.
"""

from dragoman.lib.text.unicode_re import regex

RESERVED = "\\|{}@[]()<>#*_~"
_RESERVED = regex.compile("[" + regex.escape(RESERVED) + "]")
_TAG = regex.compile(r"(?<![\p{L}\p{M}\p{N}_#&])#([\p{L}\p{M}\p{N}_\u200c]*\p{L}[\p{L}\p{M}\p{N}_\u200c]*)")
_LINK = regex.compile(r"https?://[^\s<>\"]+", regex.IGNORECASE)
_TEMPLATE = regex.compile(
    r"\{hashtag\|\\?([#＃])\|((?:\\.|[^\\{}|])*)\}"  # a hashtag
    r"|@\[((?:\\.|[^\\\[\]])*)\]\([^()\s]*\)"  # an organisation or a person that is called by name
    r"|\\(.)",  # a sign taken as it is
    regex.DOTALL,
)


def escaped(text: str) -> str:
    """The text with a backslash before each reserved sign."""
    return str(_RESERVED.sub(lambda match: "\\" + match.group(), text))


def little(text: str) -> str:
    """A plain text in LinkedIn's markup. Hashtags become hashtags, but for those inside an address; nobody
    is called by name."""
    links = [match.span() for match in _LINK.finditer(text)]
    out, at = [], 0
    for match in _TAG.finditer(text):
        if any(start <= match.start() < end for start, end in links):
            continue
        out += [escaped(text[at : match.start()]), "{hashtag|\\#|" + escaped(match.group(1)) + "}"]
        at = match.end()
    return "".join([*out, escaped(text[at:])])


def visible(markup: str) -> str:
    """What readers see of a text in LinkedIn's markup."""

    def shown(match: "regex.Match[str]") -> str:
        sign, tag, name, taken = match.groups()
        if sign:
            return str(sign) + visible(str(tag))
        return visible(str(name)) if name is not None else str(taken)

    return str(_TEMPLATE.sub(shown, markup))


def comparable(text: str) -> str:
    """The words of a text, for telling whether two are the same post."""
    return " ".join(text.split())
