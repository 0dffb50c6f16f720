"""The protocols that the service speaks: one module each, every one of them a list of routes."""
