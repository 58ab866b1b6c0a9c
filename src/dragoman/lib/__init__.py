"""Tools that any product could use: no Django, no word of diplomacy."""
