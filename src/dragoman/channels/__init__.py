"""Ways out and in. Nouns: channel, delivery, attempt. Knows no statement; never sends twice what may be out."""
