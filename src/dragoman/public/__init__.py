"""The public plane: pages, feeds, files and the live stream that anybody reads without Django in the path.

Its nouns are edition, page, feed, sheet and pulse. It is told what to say by plain values (`values.py`) and
knows no app above it. It never shows a text before its proof is reachable, and counts no reader.
"""
