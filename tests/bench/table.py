"""How figures are printed: ours beside the floor measured in the same run, and the ratio."""


def head(title: str, floor: str, note: str = "") -> None:
    """The first line of one part's table."""
    print(f"\n{title + (f' ({note})' if note else ''):<44}{floor:>14}{'Fairlead':>12}{'ratio':>8}")


def row(name: str, floor: float, ours: float) -> None:
    """One measure; the ratio is ours to the floor."""
    print(f"{name:<44}{floor:>14.3f}{ours:>12.3f}{ours / floor:>8.2f}")
