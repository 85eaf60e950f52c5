"""The relay: doors → services → devices → domain."""
