"""The collections that the store's tests work on: one for each kind of index."""

from relay.store.schema import CollectionSchema, Index, Schema, Substrings


def declare(name: str, *indexes: Index, scan_ok: bool = True) -> CollectionSchema:
    """A collection that may be read whole, so that a test can ask for anything."""
    return CollectionSchema(name=name, indexes=indexes, scan_ok=scan_ok)


TEST_SCHEMA = Schema(
    version=3,
    collections=(
        declare("plain"),
        declare("other"),
        declare("email", Index(fields=(("email", 1),), unique=True)),
        declare("names", Index(fields=(("org", 1), ("name", 1)), unique=True)),
        declare("nested", Index(fields=(("a.b", 1),), unique=True)),
        declare("prints", Index(fields=(("prints", 1),), unique=True)),
        declare("living", Index(fields=(("name", 1),), unique=True, partial={"deleted": False})),
        declare("keys", Index(fields=(("key", 1),), unique=True, sparse=True)),
        declare("pairs", Index(fields=(("x", 1), ("y", 1)))),
        declare("words", Index(fields=(("command", 1), ("note", 1)), text=True)),
        declare("log", Index(fields=(("org", 1), ("machine", 1), ("at", -1))), Index(fields=(("org", 1), ("at", -1)))),
        CollectionSchema(
            name="searched",
            indexes=(
                Index(fields=(("org", 1), ("at", -1))),
                Index(fields=(("org", 1), ("machine", 1), ("at", -1))),
                Index(fields=(("session", 1), ("at", 1))),
            ),
            substrings=Substrings(field="text", newest="at", within=("org", "machine")),
        ),
        declare("brief", Index(fields=(("at", 1),), ttl_s=3600)),
        declare(
            "strict",
            Index(fields=(("org", 1), ("at", -1))),
            Index(fields=(("tags", 1),)),
            Index(fields=(("key", 1),), sparse=True),
            scan_ok=False,
        ),
    ),
)
