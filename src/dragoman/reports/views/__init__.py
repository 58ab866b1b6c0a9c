"""The pages of figures: the front page, and a day of listening."""
