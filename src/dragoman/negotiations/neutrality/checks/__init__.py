"""What the rules look for: one file a subject, one function a check."""
