"""The laws of docs/architecture.md as tests: what nobody checks is broken within a year."""
