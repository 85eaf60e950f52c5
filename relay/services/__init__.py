"""Use cases: one class per noun, ports as fields, verbs as methods. No wire formats."""
