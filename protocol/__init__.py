"""The language relay and agent share: pure, sans-IO. docs/protocol.md describes every byte."""
