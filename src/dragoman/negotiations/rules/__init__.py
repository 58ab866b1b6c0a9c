"""What parties sign, who must sign, and whether it was signed: pure rules that anyone can run without a desk.

`body` is the text of a consent, `keyring` who must sign it with which keys (`vkeys`), `signing` makes and
checks one signature, `judging` a whole note against what it should be about. `orders` are the other texts
that a party signs, `protocol` what was agreed beforehand, `timing` its clock, `lines` its agreed lines.
`roundfile` is what a party takes home. Nothing here knows Django, opens a socket or reads a clock.
"""
