"""The service: a scorer behind HTTP, in its own protocol and in those that forum software already speaks."""
