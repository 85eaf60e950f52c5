"""The comparison of test_differential.py by seeded chance and in bulk: many queries over one larger collection."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from relay.store.sqlite_file import open_in_memory
from tests.store.test_differential import SCHEMA, Document, assert_same

DOCUMENTS = 120
QUERIES = 300
TEXTS = ["a", "b", "ab", "A b", "web-1", "web-2", ""]
INTEGERS = [0, 1, 2, 3, -1, 5, 2.0, 1.5]
TAGS = ["x", "y", "prod", "dev"]
TIMES = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=day) for day in range(5)]
LEAVES: dict[str, list[Any]] = {
    "a": INTEGERS,
    "b": TEXTS,
    "c.x": INTEGERS,
    "e.u": TEXTS,
    "e.r": INTEGERS,
    "f": [True, False],
    "g": [1.5, 2, 3],
    "n": INTEGERS,
    "s": TEXTS,
    "t": TIMES,
    "tags": TAGS,
}
SORTED = ["a", "b", "c.x", "f", "g", "n", "s", "t", "_id"]


class Chance:
    """Documents and filters by the dice of one seed."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)

    def document(self, number: int) -> Document:
        pick = self.dice.choice
        fields: Document = {
            "a": pick([*INTEGERS, [1, 5]]),
            "b": pick(TEXTS),
            "c": pick([{"x": pick(INTEGERS)}, {}, {"x": [0, 3]}]),
            "e": [{"u": pick(TEXTS), "r": pick(INTEGERS)} for _ in range(self.dice.randrange(3))],
            "f": pick([True, False]),
            "g": pick([None, 1.5, 2, 3]),
            "n": pick(INTEGERS),
            "s": pick(TEXTS),
            "t": pick(TIMES),
            "tags": [pick(TAGS) for _ in range(self.dice.randrange(3))],
        }
        # Only one field of an index may hold a list.
        if isinstance(fields["a"], list):
            fields["tags"], fields["e"] = pick(TAGS), {"u": "a"}
        kept = {name: value for name, value in fields.items() if self.dice.random() < 0.9}
        return {"_id": f"{number:03}", **kept}

    def condition(self, path: str) -> Any:
        pick, leaf = self.dice.choice, LEAVES[path]
        low, high = pick(["$gt", "$gte"]), pick(["$lt", "$lte"])
        return pick(
            [
                pick(leaf),
                pick(leaf),
                None,
                {low: pick(leaf)},
                {high: pick(leaf)},
                {low: pick(leaf), high: pick(leaf)},
                {low: pick(leaf), high: pick(TEXTS + INTEGERS)},
                {"$in": [pick([*leaf, None]) for _ in range(self.dice.randrange(4))]},
                {"$ne": pick([*leaf, None])},
                {"$exists": pick([True, False])},
            ]
        )

    def filter(self, depth: int = 0) -> Document:
        where = {path: self.condition(path) for path in self.dice.sample(sorted(LEAVES), self.dice.randrange(4))}
        if depth < 2 and self.dice.random() < 0.2:
            parts = [self.filter(depth + 1) for _ in range(self.dice.randrange(1, 4))]
            where[self.dice.choice(["$or", "$and", "$nor"])] = parts
        return where

    def sort(self) -> list[tuple[str, int]]:
        paths = self.dice.sample(SORTED, self.dice.randrange(4))
        return [(path, self.dice.choice([1, -1])) for path in paths]


@pytest.mark.parametrize("seed", range(3))
def test_answers_by_index_are_the_matchers(seed: int) -> None:
    chance = Chance(seed)
    documents = [chance.document(number) for number in range(DOCUMENTS)]
    file = open_in_memory(SCHEMA)
    try:
        file.write(lambda session: session.collection("c").insert_many(documents))
        for _ in range(QUERIES):
            window = (chance.dice.randrange(3), chance.dice.choice([0, 0, 5]))
            assert_same(file, documents, chance.filter(), list_free(chance.sort()), window)
    finally:
        file.close()


def list_free(sort: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """Sorting by a field that may hold a list is undefined."""
    return [entry for entry in sort if entry[0] not in ("a", "c.x")]
