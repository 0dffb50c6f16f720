"""Settings that every test shares."""

from hypothesis import settings

# Compiled code is loaded on first use and CI machines are busy, so times say nothing. The same examples every run.
settings.register_profile("offline", deadline=None, derandomize=True)
settings.load_profile("offline")
