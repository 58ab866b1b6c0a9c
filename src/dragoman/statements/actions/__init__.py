"""Every deed on a statement, by noun: drafts, pictures, review, releases, corrections, withdrawals."""
