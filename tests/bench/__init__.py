"""What the line costs: each figure beside its floor, measured in the same run. `make bench` prints the table."""
