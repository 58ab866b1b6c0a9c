"""Naming a witness in a policy, and taking one out: a new policy, held to the rules of the format."""

from dataclasses import replace

from dragoman.lib.tlog import note
from dragoman.lib.tlog import policy as policies
from dragoman.lib.tlog.errors import Malformed
from dragoman.lib.tlog.policy import NONE, Group, Policy, Witness

GROUP = "outside"


def add(policy: Policy, vkey: str, url: str, *, group: str = "", needed: str = "") -> Policy:
    """The policy with one more witness, as a member of `group`.

    Without `group` it is the only group there is, or a new one. `needed` (a number, `any` or `all`) is how
    many of that group must sign; without it that stays as it is, and is one for a new group. The first group
    becomes the quorum. Raises Malformed for a key or a word that cannot stand in a policy.
    """
    key = note.VerifierKey.parse(vkey)
    name = group or _only(policy)
    members = (*policy.groups[name].members, key.name) if name in policy.groups else (key.name,)
    before = policy.groups[name].needed if name in policy.groups else 1
    groups = {**policy.groups, name: Group(name, _count(needed, len(members), before), members)}
    quorum = name if policy.quorum == NONE else policy.quorum
    if key.name in policy.witnesses or key.name in policy.groups or name in policy.witnesses:
        raise Malformed(f"the name {key.name} is taken in the policy")
    witnesses = {**policy.witnesses, key.name: Witness(key.name, key, url)}
    return _checked(replace(policy, witnesses=witnesses, groups=groups, quorum=quorum))


def remove(policy: Policy, name: str, *, needed: str = "") -> Policy:
    """The policy without this witness. The group that it was in keeps the number it asks for unless `needed`
    says another; a group without members goes, and with the last one the quorum.

    Raises Malformed when the group could no longer hold, or when there is no such witness.
    """
    if name not in policy.witnesses:
        raise Malformed(f"the policy names no witness {name}")
    witnesses = {key: one for key, one in policy.witnesses.items() if key != name}
    groups, gone = dict(policy.groups), [name]
    while gone:
        leaving = gone.pop()
        for group in list(groups.values()):
            if leaving not in group.members:
                continue
            members = tuple(one for one in group.members if one != leaving)
            if not members:
                del groups[group.name]
                gone.append(group.name)
                continue
            count = _count(needed if leaving == name else "", len(members), group.needed)
            groups[group.name] = replace(group, needed=count, members=members)
    quorum = policy.quorum if policy.quorum in witnesses or policy.quorum in groups else NONE
    return _checked(replace(policy, witnesses=witnesses, groups=groups, quorum=quorum))


def _only(policy: Policy) -> str:
    if len(policy.groups) > 1:
        raise Malformed(f"the policy has several groups: say which ({', '.join(policy.groups)})")
    return next(iter(policy.groups), GROUP)


def _count(needed: str, members: int, before: int) -> int:
    if not needed:
        count = before
    else:
        count = {"any": 1, "all": members}.get(needed) or note.decimal(needed, "the number that is needed")
    if not 0 < count <= members:
        raise Malformed(f"{count} of {members} members cannot be asked; say how many are needed")
    return count


def _checked(policy: Policy) -> Policy:
    """As it reads back: a key that occurs twice, a word with a space in it and the like are refused."""
    if any(len(one.url.split()) > 1 for one in policy.witnesses.values()):
        raise Malformed("an address holds no space")
    return policies.parse(str(policy))
