"""What the shell that starts the tests may have set. None of it reaches a relay under test."""

import os
from dataclasses import fields

from relay.config import Config, environment_names

MONGODB_URI = os.environ.get("MONGODB_URI")
"""A server for the contract of the store, and for nothing else."""


def forget_settings() -> None:
    """Take every setting of the product out of our environment, which the processes of the tests inherit."""
    for setting in fields(Config):
        for name in environment_names(setting.name):
            os.environ.pop(name, None)
