"""The API document against a running relay, by schemathesis: every operation, valid and invalid, in sequences too.

`tests/api/test_schemathesis.py` runs it bounded and with a fixed seed; `make fuzz` for long, with a new one. A finding
is a defect of the relay or of the document: mend that. `schemathesis.toml` holds the few places where the tool's
expectation is not ours, each with its reason.
"""
