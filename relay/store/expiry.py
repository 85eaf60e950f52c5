"""Deleting what is over, by the declared TTL indexes and the caller's clock: the same on every adapter.

MongoDB's own TTL thread is not used, because it asks the server's clock and not ours.
"""

from datetime import datetime, timedelta

from relay.store.interface import Database
from relay.store.schema import Schema

BATCH = 500
"""Documents deleted in one transaction, so that other writers get their turn."""


async def expire(database: Database, schema: Schema, now: datetime) -> int:
    """Delete every document whose TTL is over at `now`; returns how many."""
    deleted = 0
    for collection in schema.collections:
        for index in collection.indexes:
            if index.ttl_s is not None:
                over = now - timedelta(seconds=index.ttl_s)
                deleted += await _expire_one(database, collection.name, index.fields[0][0], over)
    return deleted


async def _expire_one(database: Database, name: str, path: str, over: datetime) -> int:
    collection, deleted = database.collection(name), 0
    while True:
        batch = await collection.find({path: {"$lte": over}}, limit=BATCH, projection={"_id": 1})
        deleted += await collection.delete_many({"_id": {"$in": [document["_id"] for document in batch]}})
        if len(batch) < BATCH:
            return deleted
