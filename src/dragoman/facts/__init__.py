"""What is true, since when, by which law. Nouns: fact sheet, fact. Never edits a fact that something cites."""
