"""The outside network: what the relay sends out by itself."""
