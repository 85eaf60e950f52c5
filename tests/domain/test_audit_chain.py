"""What is hashed is what docs/audit.md says, for every entry there can be, before and after it has been stored."""

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import bson
from hypothesis import given
from hypothesis import strategies as st

from relay.domain.audit_chain import FIELDS, FIRST, ChainCheck, Head, Kind, entry_of, moment, seal
from relay.services.audit import kept
from relay.store.codec import clean_document

TEXTS = ("tenant_id", "user_id", "username", "action", "category", "severity", "resource", "resource_id", "ip_address",
         "user_agent", "source", "status")  # fmt: skip
VALUES: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes(timezones=st.just(UTC)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=4),
    max_leaves=12,
)


def document(**changes: Any) -> dict[str, Any]:
    at = datetime(2026, 11, 25, 17, 30, 0, 123987, UTC)
    return {"_id": "a" * 24, **dict.fromkeys(TEXTS, "x"), "timestamp": at, "details": {}, **changes}


def test_the_worked_example_of_the_form() -> None:
    linked, head = seal(document(details={"name": "é\n\x7f"}), Head())
    text = (
        '{"action":"x","category":"x","chain":1,"details":{"name":"é\\n\x7f"},"id":"aaaaaaaaaaaaaaaaaaaaaaaa",'
        f'"ip_address":"x","prev_hash":"{FIRST}","resource":"x","resource_id":"x","seq":1,"severity":"x","source":"x",'
        '"status":"x","tenant_id":"x","timestamp":"2026-11-25T17:30:00.123Z","user_agent":"x","user_id":"x",'
        '"username":"x"}'
    )
    assert linked["hash"] == head.hash == hashlib.sha256(text.encode()).hexdigest()
    assert {*entry_of(linked), "hash"} == FIELDS


@given(st.dictionaries(st.text("abc", min_size=1), VALUES, max_size=5), st.text())
def test_an_entry_is_the_same_after_it_was_stored_and_after_it_was_exported(details: dict[str, Any], name: str) -> None:
    linked, _ = seal(document(details=kept(details), username=kept(name)), Head())
    read = bson.decode(bson.encode(clean_document(linked)), bson.CodecOptions(tz_aware=True, tzinfo=UTC))
    check = ChainCheck()
    check.documents([read])
    assert check.fault is None
    exported = json.loads(json.dumps(entry_of(read)))
    text = json.dumps(exported, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(text.encode()).hexdigest() == read["hash"]


@given(st.sampled_from(TEXTS), st.text())
def test_no_text_can_be_changed_unseen(field: str, text: str) -> None:
    linked, _ = seal(document(), Head())
    check = ChainCheck()
    check.documents([{**linked, field: text}])
    assert (check.fault is None) is (text == "x")


def test_a_field_of_another_kind_is_an_edited_entry() -> None:
    linked, _ = seal(document(), Head())
    for changes in ({"timestamp": "now"}, {"details": {"at": b"x"}}, {"username": "\ud800"}, {"chain": 2}):
        check = ChainCheck()
        check.documents([{**linked, **changes}])
        assert check.fault is not None
        assert check.fault.kind is Kind.EDITED
    check = ChainCheck()
    check.documents([{name: value for name, value in linked.items() if name != "source"}])
    assert check.fault is not None


def test_times_are_utc_and_cut_to_milliseconds() -> None:
    east = timezone(timedelta(hours=2))
    assert moment(datetime(2026, 11, 25, 1, 2, 3, 999999, east)) == "2026-11-24T23:02:03.999Z"
    assert moment(datetime(2026, 11, 25, tzinfo=UTC)) == "2026-11-25T00:00:00.000Z"
