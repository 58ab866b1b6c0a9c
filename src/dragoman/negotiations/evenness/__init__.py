"""Whether everybody was treated alike, worked out by an outsider from public files alone. Pure: no Django.

`audit.py` compares what the host says of itself (ledgers, pages, feeds) with the record; `seen.py` compares
it with the notes of probers, who looked from outside (`notes.py`). Never believes a file because it is there,
and never calls "right" what only the host can know: that is told as the host's word.
"""
