"""Settings that every test shares."""

from hypothesis import settings

# Compiled code is loaded on first use and the machines of CI are busy, so times say nothing; the same examples every run.
settings.register_profile("offline", deadline=None, derandomize=True)
settings.load_profile("offline")
