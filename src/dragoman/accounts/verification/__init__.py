"""Looking at an account from outside: does the other side say that it is ours? Parsers are pure; what speaks
goes through the door and a resolver that are handed in. Knows no row and no database."""
