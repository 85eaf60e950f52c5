"""What would be true on paper: frozen records and rules. Imports nothing but itself; no clock, no chance, no I/O."""
