"""Decision tables: may somebody do this, by these rules? Pure; `checker.js` of the public plane gives the
same answers in the browser.

A table is plain data: questions, and rows that hold when all their conditions hold. A row says yes, no, or
that a person decides. Of the rows that hold the most severe wins (no, then a person decides, then yes); when
none holds, the answer is that we cannot say. docs/decisions/eligibility.md says why.
"""
