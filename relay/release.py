"""Which Fairlead this is."""

from importlib.metadata import PackageNotFoundError, version

CHECKOUT = "0+checkout"
"""What a source tree says that was never installed."""


def release() -> str:
    """The installed distribution's version."""
    try:
        return version("fairlead")
    except PackageNotFoundError:
        return CHECKOUT
