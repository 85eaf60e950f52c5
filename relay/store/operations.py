"""Running a bulk write as single verbs, for an engine that makes the whole of it one step."""

from collections.abc import Sequence

from relay.store.interface import (
    BulkResult,
    DeleteMany,
    DeleteOne,
    InsertOne,
    Operation,
    ReplaceOne,
    SyncCollection,
    UpdateMany,
    UpdateOne,
    UpdateResult,
)


def run_all(collection: SyncCollection, operations: Sequence[Operation]) -> BulkResult:
    """Every operation in order; the first that is refused raises."""
    results = [run(collection, operation) for operation in operations]
    return BulkResult(
        inserted=sum(result.inserted for result in results),
        matched=sum(result.matched for result in results),
        modified=sum(result.modified for result in results),
        upserted=sum(result.upserted for result in results),
        deleted=sum(result.deleted for result in results),
    )


def run(collection: SyncCollection, operation: Operation) -> BulkResult:
    """One operation, counted."""
    match operation:
        case InsertOne(document):
            collection.insert_one(document)
            return BulkResult(inserted=1)
        case UpdateOne(where, update, upsert):
            return _counted(collection.update_one(where, update, upsert=upsert))
        case UpdateMany(where, update):
            return _counted(collection.update_many(where, update))
        case ReplaceOne(where, document, upsert):
            return _counted(collection.replace_one(where, document, upsert=upsert))
        case DeleteOne(where):
            return BulkResult(deleted=collection.delete_one(where))
        case DeleteMany(where):
            return BulkResult(deleted=collection.delete_many(where))


def _counted(result: UpdateResult) -> BulkResult:
    return BulkResult(matched=result.matched, modified=result.modified, upserted=int(result.upserted_id is not None))
