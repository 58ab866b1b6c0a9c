"""What the ministry says. Nouns: statement, revision, rendition, finding, approval, release. Nothing released is edited or erased."""
