"""What every test shares: hypothesis draws the same examples on every run, and never judges by the clock.

Settings of the shell around us do not count.
"""

from hypothesis import settings

from tests.surroundings import forget_settings

forget_settings()
settings.register_profile("fairlead", derandomize=True, database=None, deadline=None, print_blob=False)
settings.load_profile("fairlead")
