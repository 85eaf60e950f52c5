"""The attack checklist: each case is a test named by its number; `cases.py` says which and where."""
