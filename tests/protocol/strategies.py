"""What hypothesis may put on the wire: every frame and every message, made from the product's own tables."""

from dataclasses import fields
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from protocol import frames, messages
from protocol.messages import Message, Range

ANY_INTEGER = Range(-frames.MAX_OFFSET, frames.MAX_OFFSET)

text = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
channels = st.integers(1, frames.MAX_CHANNEL)
streams = st.sampled_from(frames.STREAMS)
stream_frames = st.builds(
    frames.StreamFrame,
    channel=channels,
    stream=streams,
    offset=st.integers(0, frames.MAX_OFFSET - frames.MAX_PAYLOAD_BYTES),
    payload=st.binary(min_size=1, max_size=200),
)
credit_frames = st.builds(frames.CreditFrame, channel=channels, stream=streams, limit=st.integers(0, frames.MAX_OFFSET))
control_frames = st.builds(
    frames.ControlFrame, channel=st.integers(0, frames.MAX_CHANNEL), body=st.binary(max_size=200)
)
any_frame = st.one_of(stream_frames, credit_frames, control_frames)


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Strategy of the values a field of this type may hold."""
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (UnionType, Union):
        return st.one_of(*(values_of(argument) for argument in arguments))
    if origin is tuple:
        return st.lists(values_of(arguments[0]), max_size=3).map(tuple)
    if isinstance(hint, type) and issubclass(hint, Message):
        return messages_of(hint)
    return scalars_of(hint)


def scalars_of(hint: Any) -> st.SearchStrategy[Any]:
    if get_origin(hint) is Annotated:
        hint, span = get_args(hint)
        return st.integers(span.least, span.most)
    if hint is int:
        return st.integers(ANY_INTEGER.least, ANY_INTEGER.most)
    if hint is float:
        return st.floats(allow_nan=False, allow_infinity=False)
    return {str: text, bool: st.booleans(), NoneType: st.none()}[hint]


def messages_of(kind: type[Message]) -> st.SearchStrategy[Any]:
    """Strategy of messages of one type, every field drawn."""
    hints = get_type_hints(kind, include_extras=True)
    return st.builds(kind, **{field.name: values_of(hints[field.name]) for field in fields(kind)})


any_message = st.one_of(*(messages_of(kind) for kind in messages.TYPES.values()))

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)


@st.composite
def near_messages(draw: st.DrawFn) -> dict[str, Any]:
    """JSON objects that look like a message: known type, some fields right, some of them replaced or gone."""
    kind = draw(st.sampled_from(sorted(messages.TYPES)))
    known = [field.name for field in fields(messages.TYPES[kind])]
    return {"type": kind, **draw(st.dictionaries(st.sampled_from(known or ["reason"]), json_values, max_size=6))}
