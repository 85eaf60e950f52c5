"""Persistence: one narrow document interface, an embedded adapter over sqlite3 and one over MongoDB."""
