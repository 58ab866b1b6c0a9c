"""Measures, hidden characters, numbers and dates of texts in any language. No word of diplomacy."""
