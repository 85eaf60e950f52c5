"""Keys, passwords, tokens."""
