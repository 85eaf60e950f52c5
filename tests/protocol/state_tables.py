"""The state tables and the messages as Markdown, made from the code: `python -m tests.protocol.state_tables`."""

from collections.abc import Iterator
from dataclasses import MISSING, Field, fields
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from protocol import messages
from protocol.link import CHANNEL, LINK
from protocol.messages import Message


def state_table(table: dict[Any, dict[type[Message], Any]]) -> Iterator[str]:
    """One line a transition: state, message, who sends it, next state."""
    yield "| while | message | from | then |"
    yield "|---|---|---|---|"
    for state, row in table.items():
        for kind, (role, after) in row.items():
            yield f"| {state.value} | `{kind.TYPE}` | {role.value} | {after.value} |"
        if not row:
            yield f"| {state.value} | none | | |"


def message_table() -> Iterator[str]:
    """One line a field of every message, with its type, range and default."""
    yield "| message | field | type | default |"
    yield "|---|---|---|---|"
    for kind in [*messages.TYPES.values(), messages.HeldSession]:
        name = f"`{kind.TYPE}`" if kind.TYPE else "(a session of `proof`)"
        for field in fields(kind):
            hint = get_type_hints(kind, include_extras=True)[field.name]
            yield f"| {name} | `{field.name}` | {type_text(hint)} | {default_text(field)} |"


def type_text(hint: Any) -> str:
    arguments = get_args(hint)
    if get_origin(hint) is Annotated:
        return f"integer, {arguments[1].least} to {arguments[1].most}"
    if get_origin(hint) is tuple:
        return f"list of {type_text(arguments[0])}"
    if arguments:
        return f"{type_text(arguments[0])}, or null"
    return {str: "text", int: "integer", float: "number", bool: "boolean"}.get(hint, "objects, see the end")


def default_text(field: Field[Any]) -> str:
    if field.default is MISSING:
        return "required"
    return {"()": "`[]`", "None": "`null`", "False": "`false`", "''": '`""`', "0": "`0`"}[repr(field.default)]


BLOCKS = {
    "link states": lambda: state_table(LINK),
    "channel states": lambda: state_table(CHANNEL),
    "messages": message_table,
}


def block(name: str) -> str:
    """The block as it stands between its two marks in docs/protocol.md."""
    return "\n".join((f"<!-- from the code: {name} -->", *BLOCKS[name](), "<!-- end -->"))


if __name__ == "__main__":
    print("\n\n".join(block(name) for name in BLOCKS))
