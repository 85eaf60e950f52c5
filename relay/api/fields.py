"""Fields at the edge: bytes and query strings → typed structs, with the refusal texts of the terminal API.

The first bad field in the order of the struct's declaration is named; unknown fields are ignored. A field's rules
stand in its type, so that the OpenAPI document tells the same story:

    class CreateMachine(Struct):
        name: Annotated[str, line(1, 100)]
        description: Annotated[str, text(0, 500)] = ""
"""

import re
from collections.abc import Mapping
from enum import EnumType
from types import UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec import Meta, Struct

from relay.domain.errors import Invalid

S = TypeVar("S", bound=Struct)

UNREADABLE = "Invalid request body"
MAX_FIELDS = 100
"""More fields than any body of ours has."""

_REFUSED_IN_LINES = r"\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069"
_REFUSED_IN_TEXTS = r"\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069"
_CONTROL = re.compile(f"[{_REFUSED_IN_LINES}]")
_CONTROL_BUT_LINES = re.compile(f"[{_REFUSED_IN_TEXTS}]")
_SPACES = " \t\n\v\f\r\xa0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff" + "".join(map(chr, range(0x2000, 0x200B)))
"""What may stand around a text and is taken off: \\s of the document's patterns. Python's own strip would also take off
separators (0x1c to 0x1f, 0x85), which are refused inside: a text of nothing else would count as none at all."""
_OBJECT_ID = re.compile(r"[0-9a-f]{24}")
_LABEL = r"[A-Za-z0-9][A-Za-z0-9\-]"
_EMAIL = rf"^[^@\s\x00-\x1f\x7f<>\"',;:()\[\]\\]{{1,64}}@({_LABEL}*\.)+{_LABEL}*[A-Za-z0-9]$"


def line(low: int, high: int, *, pattern: str | None = None, says: str = "is not valid", told: str = "") -> Meta:
    """One line of text: stripped, no control characters, `low` to `high` characters.

    `told` is the pattern for the document where a service checks more than is checked here.
    """
    extra = {"strip": True, "refuse": _CONTROL, "says": says}
    schema = {"pattern": told or pattern or _stripped(low, _REFUSED_IN_LINES)}
    return Meta(min_length=low, max_length=high, pattern=pattern, extra=extra, extra_json_schema=schema)


def text(low: int, high: int) -> Meta:
    """Text that may have several lines: stripped, no other control characters."""
    extra = {"strip": True, "refuse": _CONTROL_BUT_LINES}
    schema = {"pattern": _stripped(low, _REFUSED_IN_TEXTS)}
    return Meta(min_length=low, max_length=high, extra=extra, extra_json_schema=schema)


def word(*allowed: str) -> Meta:
    """One of these words, exactly; a service says what is wrong with any other."""
    return Meta(max_length=40, extra={"refuse": _CONTROL}, extra_json_schema={"enum": list(allowed)})


def _stripped(low: int, refused: str) -> str:
    """The pattern of text with at least `low` characters between its outer spaces."""
    edge, inner = rf"[^\s{refused}]", f"[^{refused}]"
    cores = {0: f"({edge}({inner}*{edge})?)?", 1: f"{edge}({inner}*{edge})?"}
    return rf"^\s*{cores.get(low, f'{edge}{inner}{{{low - 2},}}{edge}')}\s*$"


def verbatim(low: int, high: int, *, told: str = "") -> Meta:
    """A string taken exactly as it is: passwords, command lines."""
    return Meta(min_length=low, max_length=high, extra_json_schema={"pattern": told} if told else None)


Email = Annotated[str, line(1, 254, pattern=_EMAIL, says="must be a valid email address")]
"""An address that could receive mail; compared folded by whoever stores it."""


def object_id(value: str, thing: str) -> str:
    """A path's 24-hex id. Raises Invalid("Invalid <thing> ID")."""
    if not _OBJECT_ID.fullmatch(value):
        raise Invalid(f"Invalid {thing} ID")
    return value


def read_body(body: bytes, kind: type[S]) -> S:
    """A JSON object → `kind`; no body at all counts as an empty object. Raises Invalid."""
    try:
        raw = msgspec.json.decode(body or b"{}", type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Invalid(UNREADABLE) from error
    if len(raw) > MAX_FIELDS:
        raise Invalid(UNREADABLE)
    return read_fields(raw, kind, strict=True)


def read_query(query: Mapping[str, str], kind: type[S]) -> S:
    """A query string's first values → `kind`; an empty value counts as absent. Raises Invalid."""
    return read_fields({name: value for name, value in query.items() if value != ""}, kind, strict=False)


def read_fields(raw: Mapping[str, Any], kind: type[S], *, strict: bool, within: str = "") -> S:
    """Plain values → `kind`, field by field. `strict` refuses "5" where a number is meant. Raises Invalid.

    `within` stands before the names of a struct inside the body: `admin.`.
    """
    hints = get_type_hints(kind, include_extras=True)
    found = {}
    for spec in msgspec.structs.fields(kind):
        hint = hints[spec.name]
        value = _tidy(raw.get(spec.encode_name, msgspec.UNSET), hint)
        hint = hint if strict else _without_none(hint)
        if value is msgspec.UNSET or (value is None and not _takes_none(hint)):
            if spec.required:
                raise Invalid(f"{within}{spec.encode_name} is required")
            continue
        found[spec.name] = _read_field(within + spec.encode_name, value, hint, strict=strict)
    return kind(**found)


def _takes_none(hint: Any) -> bool:
    plain = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    return plain is Any or type(None) in get_args(plain)


def _without_none(hint: Any) -> Any:
    """A query cannot say null: the word `null` is a text like any other."""
    if get_origin(hint) in {Union, UnionType}:
        return Union[tuple(each for each in get_args(hint) if each is not type(None))]  # noqa: UP007  parts are a tuple
    return hint


def _tidy(value: Any, hint: Any) -> Any:
    """What is too long is not made shorter first: the bound is that of what was sent."""
    if not isinstance(value, str) or not _meta(hint, "extra", {}).get("strip"):
        return value
    return value.strip(_SPACES) if len(value) <= _meta(hint, "max_length", len(value)) else value


def _meta(hint: Any, name: str, default: Any) -> Any:
    """What a Meta says, also where the type is `Annotated[str, …] | None`."""
    for part in (hint, *get_args(hint)):
        if get_origin(part) is Annotated:
            for meta in part.__metadata__:
                if isinstance(meta, Meta) and (found := getattr(meta, name)) is not None:
                    return found
    return default


def _read_field(name: str, value: Any, hint: Any, *, strict: bool) -> Any:
    inner = struct_in(hint)
    if inner is not None and isinstance(value, Mapping):
        return read_fields(value, inner, strict=strict, within=f"{name}.")
    extra = _meta(hint, "extra", {})
    try:
        found = msgspec.convert(value, hint, strict=strict)
    except (msgspec.ValidationError, RecursionError) as error:
        says = extra.get("says") or _one_of(hint)
        raise Invalid(f"{_place(name, str(error))} {_complaint(str(error), says)}") from error
    refused = extra.get("refuse")
    if refused is not None and isinstance(found, str) and refused.search(found):
        raise Invalid(f"{name} must not contain control characters")
    return found


def struct_in(hint: Any) -> type[Struct] | None:
    """The struct of a hint such as `Struct | None`."""
    kinds = [part for part in (hint, *get_args(hint)) if isinstance(part, type) and issubclass(part, Struct)]
    return kinds[0] if kinds else None


def _place(name: str, error: str) -> str:
    """Which part of the field is wrong: `every entry of tags`, `every name in metadata`, `rules[0].pattern`."""
    if " - at `key` in `$" in error:
        return f"every name in {name}"
    path = re.search(r" - at `\$([^`]*)`", error)
    missing = re.match(r"Object missing required field `(\w+)`", error)
    inner = (path[1] if path else "") + (f".{missing[1]}" if missing else "")
    return f"{name}{inner}" if "." in inner.replace("...", "") else f"every entry of {name}" if inner else name


def _one_of(hint: Any) -> str:
    """What a value may be where only some are allowed: `must be json, csv or jsonl`."""
    parts = (
        list(hint)
        if isinstance(hint, EnumType)
        else [each for part in get_args(hint) for each in (part, *get_args(part))]
    )
    values = [str(part) for part in parts if isinstance(part, str)]
    *others, last = values or [""]
    return f"must be {', '.join(others)} or {last}" if others else f"must be {last}" if last else "is not valid"


def _complaint(error: str, says: str) -> str:
    """msgspec's sentence → ours, to be read after the field's name."""
    if bound := re.match(r"Expected `(str|array|object)` of length (>=|<=) (\d+)", error):
        return _length(*bound.groups())
    if bound := re.match(r"Expected `(?:int|float)` (>=|<=|>|<) (-?[\d.]+)", error):
        return f"must be {_COMPARISONS[bound[1]]} {bound[2]}"
    if kind := re.match(r"Expected `([^`]+)`, got", error):
        return f"must be {_describe(kind[1])}"
    if error.startswith("Object missing required field"):
        return "is required"
    if error.startswith("Invalid enum value"):
        return says
    if "datetime" in error:
        return f"must be {_KINDS['datetime']}"
    return says


_COMPARISONS = {">=": "at least", "<=": "at most", ">": "more than", "<": "less than"}
_KINDS = {
    "str": "a string",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "an object",
    "datetime": "a time such as 2026-01-31T12:00:00Z",
}


def _describe(kind: str) -> str:
    names = [_KINDS.get(part.strip(), "") for part in kind.split("|")]
    return " or ".join(name for name in names if name) or "of another type"


def _length(kind: str, comparison: str, bound: str) -> str:
    if comparison == ">=" and bound == "1":
        return "is required"
    if kind == "str":
        return f"must be {_COMPARISONS[comparison]} {bound} characters"
    return f"must have {_COMPARISONS[comparison]} {bound} entries"
