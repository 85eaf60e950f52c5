"""What runs on a machine: it only dials out. trio, trio-websocket and protocol; nothing that needs a compiler."""

__version__ = "0.1.0"
"""Also in pyproject.toml (a test compares): a zipapp has no package metadata to ask."""
