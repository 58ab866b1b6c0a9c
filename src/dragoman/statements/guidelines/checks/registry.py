"""Which checks there are, and which parameters each takes (with a value of the right type)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from dragoman.statements.guidelines.checks import (
    agreement,
    facts,
    hashtags,
    languages,
    links,
    pictures,
    privacy,
    release,
    sizes,
    terms,
    texts,
)
from dragoman.statements.guidelines.model import Hit, Rule
from dragoman.statements.guidelines.reading import Reading

Check = Callable[[Reading, Rule], Iterable[Hit]]

CHECKS: Mapping[str, Check] = {
    "agreed-terms": terms.agreed_terms,
    "alternative-text": pictures.alternative_text,
    "approval-chain": release.approval_chain,
    "approval-of-this-text": release.approval_of_this_text,
    "channel-length": sizes.channel_length,
    "claims-cite-facts": facts.claims_cite_facts,
    "complete-languages": languages.complete,
    "election-window": release.election_window,
    "embargo": release.embargo,
    "hidden-characters": texts.hidden_characters,
    "languages-agree": agreement.languages_agree,
    "newest-facts": facts.newest_version,
    "personal-data": privacy.personal_data,
    "readable-marks": hashtags.readable_marks,
    "reason-for-withdrawal": release.reason_for_withdrawal,
    "text-size": sizes.text_size,
    "trusted-links": links.trusted_links,
}

PARAMETERS: Mapping[str, Mapping[str, object]] = {
    "agreed-terms": {"terms": [], "blocks_in_kinds": []},
    "approval-chain": {"chain": {}},
    "channel-length": {"most_parts": 0},
    "claims-cite-facts": {"kinds": [], "dates_in_kinds": []},
    "complete-languages": {"at_least": [], "fields": []},
    "election-window": {"windows": [], "lanes_let_through": []},
    "languages-agree": {"negation": True},
    "personal-data": {"official": []},
    "readable-marks": {"longest_word": 0, "most_emoji": 0, "words": []},
    "reason-for-withdrawal": {"shortest_reason": 0},
    "text-size": {"title": 0, "summary": 0, "body": 0},
    "trusted-links": {"domains": [], "shorteners": [], "service_words": []},
}
