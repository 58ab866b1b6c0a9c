"""What people ask and what the ministry answers.

Nouns: message (one incoming text), question (messages that ask the same thing, in whatever language), answer
(an approved text that cites facts), misunderstanding (a belief that many share and a fact contradicts).
It never keeps a profile of a person, never joins what one author wrote across messages, never hides what may
be a call for help, and sends nothing that an officer has not approved.
"""
