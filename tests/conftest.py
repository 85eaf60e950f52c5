"""What every test shares: hypothesis draws the same examples on every run, and never judges by the clock."""

from hypothesis import settings

settings.register_profile("fairlead", derandomize=True, database=None, deadline=None, print_blob=False)
settings.load_profile("fairlead")
