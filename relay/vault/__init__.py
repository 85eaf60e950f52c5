"""Keys, passwords, tokens: the device that holds secrets. Nothing here is ever logged."""
