"""The allow-list of aggregation pipelines, beside relay/store/guard.py and under the same rules."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from relay.store.expressions import ACCUMULATORS, DATE_UNITS, OPERATORS
from relay.store.guard import check_apart, check_filter, check_literal, check_path, check_projection, check_sort, refuse
from relay.store.pipeline import is_flag

STAGES_MOST = 16
EXPRESSION_DEPTH = 8

_DATE_FORMAT = re.compile(r"(?:[^%\0]|%[YmdHMSL]){0,64}")


def check_pipeline(pipeline: object, *, text: bool = False, nested: bool = False) -> None:
    """Raises UnsupportedQuery unless every stage is listed. `text`: whether a first `$match` may search."""
    if not isinstance(pipeline, list | tuple) or len(pipeline) > STAGES_MOST:
        raise refuse(f"a pipeline is a list of at most {STAGES_MOST} stages")
    for position, stage in enumerate(pipeline):
        if not isinstance(stage, Mapping) or len(stage) != 1:
            raise refuse("a stage is a mapping with one operator")
        ((name, argument),) = stage.items()
        check = STAGES.get(name)
        if check is None or (nested and name in ("$facet", "$lookup")):
            raise refuse(f"aggregation stage {name}")
        if name == "$match":
            check_filter(argument, text=text and not position)
        else:
            check(argument)


def _check_sort(argument: object) -> None:
    if not isinstance(argument, Mapping) or not argument:
        raise refuse("$sort takes a mapping")
    check_sort(list(argument.items()))


def _check_count(argument: object) -> None:
    if not isinstance(argument, int) or isinstance(argument, bool) or argument < 0:
        raise refuse("$skip and $limit take a count")


def _check_limit(argument: object) -> None:
    _check_count(argument)
    if argument == 0:
        raise refuse("$limit takes at least one")


def _check_name(argument: object) -> None:
    check_path(argument)
    assert isinstance(argument, str)
    if "." in argument:
        raise refuse(f"no field name: {argument}")


def _check_project(argument: object) -> None:
    if not isinstance(argument, Mapping) or not argument:
        raise refuse("$project takes a mapping")
    flags = {path: flag for path, flag in argument.items() if is_flag(flag)}
    if flags:
        check_projection(flags)
    computed = {path: expression for path, expression in argument.items() if path not in flags}
    for path, expression in computed.items():
        check_path(path)
        check_expression(expression)
    if computed and any(not flag for path, flag in flags.items() if path != "_id"):
        raise refuse("$project computes or leaves out, not both")
    check_apart(argument)


def _check_unwind(argument: object) -> None:
    options = argument if isinstance(argument, Mapping) else {"path": argument}
    if not set(options) <= {"path", "preserveNullAndEmptyArrays"}:
        raise refuse("$unwind takes path and preserveNullAndEmptyArrays")
    path = options.get("path")
    if not isinstance(path, str) or not path.startswith("$"):
        raise refuse("$unwind takes a $path")
    check_path(path[1:])


def _check_group(argument: object) -> None:
    if not isinstance(argument, Mapping) or "_id" not in argument:
        raise refuse("$group takes an _id")
    check_expression(argument["_id"])
    for name, spec in argument.items():
        if name != "_id":
            _check_name(name)
            _check_accumulator(spec)


def _check_accumulator(spec: object) -> None:
    if not isinstance(spec, Mapping) or len(spec) != 1:
        raise refuse("a group's field takes one accumulator")
    ((name, expression),) = spec.items()
    if name not in ACCUMULATORS:
        raise refuse(f"accumulator {name}")
    if name == "$count" and expression != {}:
        raise refuse("$count takes {}")
    check_expression(expression)


def check_expression(expression: object, depth: int = 0) -> None:
    """A `$path`, a literal, a mapping or list of expressions, or one listed operator."""
    if depth > EXPRESSION_DEPTH:
        raise refuse("an expression nests at most eight deep")
    if isinstance(expression, str) and expression.startswith("$"):
        check_path(expression[1:])
    elif isinstance(expression, Mapping) and any(str(name).startswith("$") for name in expression):
        _check_operator(expression, depth)
    elif isinstance(expression, Mapping):
        for name, item in expression.items():
            _check_name(name)
            check_expression(item, depth + 1)
    elif isinstance(expression, list | tuple):
        for item in expression:
            check_expression(item, depth + 1)
    else:
        check_literal(expression)


def _check_operator(expression: Mapping[str, Any], depth: int) -> None:
    name, argument = next(iter(expression.items()))
    if len(expression) != 1 or name not in OPERATORS:
        raise refuse(f"expression {name}")
    if name in DATES:
        _check_date(name, argument, depth)
        return
    if not isinstance(argument, list | tuple) or not ARITY.get(name, 1) <= len(argument) <= ARITY.get(name, 16):
        raise refuse(f"{name} takes a list of arguments")
    for item in argument:
        check_expression(item, depth + 1)


ARITY = {"$cond": 3, **dict.fromkeys(("$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$subtract"), 2)}
DATES = {"$dateToString": "format", "$dateTrunc": "unit"}


def _check_date(name: str, argument: object, depth: int) -> None:
    if not isinstance(argument, Mapping) or set(argument) != {"date", DATES[name]}:
        raise refuse(f"{name} takes date and {DATES[name]}")
    check_expression(argument["date"], depth + 1)
    if name == "$dateTrunc" and argument["unit"] not in DATE_UNITS:
        raise refuse(f"$dateTrunc takes a unit of {sorted(DATE_UNITS)}")
    if name == "$dateToString" and not _DATE_FORMAT.fullmatch(str(argument["format"])):
        raise refuse("$dateToString takes %Y %m %d %H %M %S %L")


def _check_facet(argument: object) -> None:
    if not isinstance(argument, Mapping) or not argument or len(argument) > STAGES_MOST:
        raise refuse("$facet takes a mapping of pipelines")
    for name, pipeline in argument.items():
        _check_name(name)
        check_pipeline(pipeline, nested=True)


def _check_lookup(argument: object) -> None:
    if not isinstance(argument, Mapping) or set(argument) != {"from", "localField", "foreignField", "as"}:
        raise refuse("$lookup takes from, localField, foreignField and as")
    for path in argument.values():
        check_path(path)


STAGES: Mapping[str, Callable[[Any], None]] = {
    "$match": check_filter,
    "$sort": _check_sort,
    "$skip": _check_count,
    "$limit": _check_limit,
    "$count": _check_name,
    "$project": _check_project,
    "$unwind": _check_unwind,
    "$group": _check_group,
    "$facet": _check_facet,
    "$lookup": _check_lookup,
}
