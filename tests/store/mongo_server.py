"""A server that speaks enough of MongoDB's wire protocol for the real pymongo, over our own engine.

It proves the adapter (commands, sessions, retries, errors), not MongoDB: for that the contract runs on MONGODB_URI.
`python -m tests.store.mongo_server` prints such a URI and serves until its stdin ends, then prints what it was asked.
"""

import json
import socketserver
import struct
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import bson

from relay.store.codec import CODEC
from relay.store.engine import Session, SqliteCollection
from relay.store.errors import BadDocument, BadUpdate, Duplicate, StoreError
from relay.store.interface import Document
from relay.store.mongo_layout import ABOUT
from relay.store.schema import CollectionSchema, Schema
from relay.store.sqlite_file import open_in_memory
from tests.store.schemas import TEST_SCHEMA

OP_REPLY, OP_QUERY, OP_MSG = 1, 2004, 2013
NO_TRANSACTION = 251


class Refused(Exception):
    """An answer with `ok: 0`."""

    def __init__(self, answer: Document) -> None:
        super().__init__(answer)
        self.answer = {"ok": 0, **answer}


class MongoServer:
    """One in-memory database behind a socket. `standalone`: it says that it has no transactions."""

    def __init__(self, schema: Schema, *, standalone: bool = False) -> None:
        self.schema = Schema(version=1, collections=(*schema.collections, CollectionSchema(name=ABOUT)))
        self.standalone = standalone
        self.file = open_in_memory(self.schema)
        self.commands: list[str] = []
        self.databases: set[str] = set()
        self.refuse_next: dict[str, Document] = {}
        self.indexes: set[str] = set()
        self._lock = threading.Lock()
        self._transaction: tuple[bytes, Session] | None = None
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler_for(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def uri(self) -> str:
        """Where it listens."""
        return f"mongodb://127.0.0.1:{self._server.server_address[1]}/contract"

    def close(self) -> None:
        """Stop listening and forget everything."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self.file.close()

    def empty(self) -> None:
        """As if nothing had ever been written."""
        with self._lock:
            self.file.close()
            self.file = open_in_memory(self.schema)
            self.indexes.clear()

    def answer(self, command: Document) -> Document:
        """The reply to one command."""
        name = next(iter(command))
        self.commands.append(name)
        self.databases.add(command.get("$db", "admin"))
        try:
            if name in self.refuse_next:
                raise Refused(self.refuse_next.pop(name))
            return {"ok": 1, **self._run(name, command)}
        except Refused as refused:
            return refused.answer
        except StoreError as error:
            return {"ok": 0, **self.write_error(error)}

    def _run(self, name: str, command: Document) -> Document:
        if name in ADMINISTRATION:
            return ADMINISTRATION[name](self, command)
        if name in ("commitTransaction", "abortTransaction"):
            return self._end(command, "COMMIT" if name == "commitTransaction" else "ROLLBACK")
        with self._session(command) as session:
            result = DATA[name](self, session, command)
            session.failure = None
            return result

    @contextmanager
    def _session(self, command: Document) -> Iterator[Session]:
        if command.get("autocommit") is not False:
            with self._lock:
                connection = self.file._writer
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield Session(connection, self.file._layout)
                finally:
                    connection.execute("COMMIT")
            return
        try:
            yield self._in_transaction(command)
        except StoreError:
            self._end(command, "ROLLBACK")
            raise

    def _in_transaction(self, command: Document) -> Session:
        identity = bytes(command["lsid"]["id"])
        if command.get("startTransaction"):
            self._lock.acquire()
            self.file._writer.execute("BEGIN IMMEDIATE")
            self._transaction = (identity, Session(self.file._writer, self.file._layout))
        if self._transaction is None or self._transaction[0] != identity:
            raise Refused(no_transaction())
        return self._transaction[1]

    def _end(self, command: Document, statement: str) -> Document:
        if self._transaction is None or self._transaction[0] != bytes(command["lsid"]["id"]):
            raise Refused(no_transaction())
        self._transaction = None
        self.file._writer.execute(statement)
        self._lock.release()
        return {}

    def write_error(self, error: StoreError) -> Document:
        """An error of the engine as the server words it."""
        if isinstance(error, Duplicate):
            pattern = {"_id": 1}
            for collection in self.schema.collections:
                pattern = next((dict(each.fields) for each in collection.indexes if each.name == error.index), pattern)
            return {"code": 11000, "keyPattern": pattern, "errmsg": str(error)}
        code = 14 if isinstance(error, BadUpdate) else 171 if isinstance(error, BadDocument) else 8
        return {"code": code, "errmsg": str(error)}


def no_transaction() -> Document:
    return {"code": NO_TRANSACTION, "errmsg": "no such transaction", "errorLabels": ["TransientTransactionError"]}


def hello(server: MongoServer, _command: Document) -> Document:
    address = server.uri.split("/")[2]
    replica_set = {} if server.standalone else {"setName": "rs", "hosts": [address], "me": address, "primary": address}
    limits = {"maxBsonObjectSize": 16 << 20, "maxMessageSizeBytes": 48_000_000, "maxWriteBatchSize": 100_000}
    versions = {"minWireVersion": 0, "maxWireVersion": 21, "logicalSessionTimeoutMinutes": 30}
    return {"isWritablePrimary": True, "ismaster": True, "helloOk": True, **limits, **versions, **replica_set}


def create_indexes(server: MongoServer, command: Document) -> Document:
    server.indexes |= {f"{command['createIndexes']}/{each['name']}" for each in command["indexes"]}
    return {}


def drop_indexes(server: MongoServer, command: Document) -> Document:
    name = f"{command['dropIndexes']}/{command['index']}"
    if name not in server.indexes:
        raise Refused({"code": 27, "errmsg": "index not found"})
    server.indexes.discard(name)
    return {}


def drop_database(server: MongoServer, _command: Document) -> Document:
    server.empty()
    return {}


def nothing(_server: MongoServer, _command: Document) -> Document:
    return {}


def no_collections(_server: MongoServer, _command: Document) -> Document:
    return {"cursor": {"id": 0, "ns": "contract.$cmd.listCollections", "firstBatch": []}}


def batch(name: str, documents: list[Document]) -> Document:
    return {"cursor": {"id": 0, "ns": f"contract.{name}", "firstBatch": documents}}


def find(_server: MongoServer, session: Session, command: Document) -> Document:
    found = session.collection(command["find"]).find(
        command.get("filter", {}),
        sort=list(command.get("sort", {}).items()),
        skip=command.get("skip", 0),
        limit=abs(command.get("limit", 0)),
        projection=command.get("projection"),
    )
    return batch(command["find"], found)


def aggregate(_server: MongoServer, session: Session, command: Document) -> Document:
    return batch(command["aggregate"], session.collection(command["aggregate"]).aggregate(command["pipeline"]))


def distinct(_server: MongoServer, session: Session, command: Document) -> Document:
    return {"values": session.collection(command["distinct"]).distinct(command["key"], command["query"])}


Written = tuple[int, int, str | None]
"""Documents concerned, documents modified, id upserted."""


def write_each(
    server: MongoServer, command: Document, items: list[Document], write: Callable[[Document], Written]
) -> Document:
    """Run a writing command's items, up to the first error when it is ordered."""
    concerned = modified = 0
    errors, upserted = [], []
    for index, item in enumerate(items):
        try:
            number, changed, identity = write(item)
        except StoreError as error:
            if command.get("autocommit") is False:
                raise
            errors.append({"index": index, **server.write_error(error)})
            if command.get("ordered", True):
                break
            continue
        concerned, modified = concerned + number, modified + changed
        upserted += [{"index": index, "_id": identity}] if identity is not None else []
    answer: Document = {"n": concerned, "nModified": modified}
    return {**answer, **({"writeErrors": errors} if errors else {}), **({"upserted": upserted} if upserted else {})}


def insert(server: MongoServer, session: Session, command: Document) -> Document:
    collection = session.collection(command["insert"])

    def write(document: Document) -> Written:
        collection.insert_one(document)
        return 1, 0, None

    return write_each(server, command, command["documents"], write)


def update(server: MongoServer, session: Session, command: Document) -> Document:
    collection = session.collection(command["update"])

    def write(item: Document) -> Written:
        done = update_one(collection, item)
        return done.matched + (done.upserted_id is not None), done.modified, done.upserted_id

    return write_each(server, command, command["updates"], write)


def update_one(collection: SqliteCollection, item: Document) -> Any:
    where, change = item["q"], item["u"]
    if not next(iter(change), "").startswith("$"):
        return collection.replace_one(where, change, upsert=item.get("upsert", False))
    if item.get("multi"):
        return collection.update_many(where, change)
    return collection.update_one(where, change, upsert=item.get("upsert", False))


def delete(server: MongoServer, session: Session, command: Document) -> Document:
    collection = session.collection(command["delete"])

    def write(item: Document) -> Written:
        return (collection.delete_one if item["limit"] else collection.delete_many)(item["q"]), 0, None

    return write_each(server, command, command["deletes"], write)


def find_and_modify(_server: MongoServer, session: Session, command: Document) -> Document:
    collection, sort = session.collection(command["findAndModify"]), list(command.get("sort", {}).items())
    if command.get("remove"):
        return {"value": collection.find_one_and_delete(command["query"], sort=sort)}
    value = collection.find_one_and_update(
        command["query"], command["update"], sort=sort, upsert=command["upsert"], return_new=command["new"]
    )
    return {"value": value}


ADMINISTRATION: dict[str, Callable[[MongoServer, Document], Document]] = {
    "hello": hello,
    "ismaster": hello,
    "ping": nothing,
    "endSessions": nothing,
    "create": nothing,
    "createIndexes": create_indexes,
    "dropDatabase": drop_database,
    "dropIndexes": drop_indexes,
    "listCollections": no_collections,
}
DATA: dict[str, Callable[[MongoServer, Session, Document], Document]] = {
    "find": find,
    "aggregate": aggregate,
    "distinct": distinct,
    "insert": insert,
    "update": update,
    "delete": delete,
    "findAndModify": find_and_modify,
}


def handler_for(server: MongoServer) -> type[socketserver.StreamRequestHandler]:
    """A connection's handler: one message in, one message out."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while len(head := self.rfile.read(16)) == 16:
                length, request, _, kind = struct.unpack("<iiii", head)
                self.wfile.write(reply(server, request, kind, self.rfile.read(length - 16)))

    return Handler


def reply(server: MongoServer, request: int, kind: int, body: bytes) -> bytes:
    """The whole reply to one message."""
    command = read_query(body) if kind == OP_QUERY else read_message(body)
    answer = bson.encode(server.answer(command), codec_options=CODEC)
    payload = struct.pack("<iqii", 8, 0, 0, 1) + answer if kind == OP_QUERY else struct.pack("<IB", 0, 0) + answer
    return struct.pack("<iiii", len(payload) + 16, 1, request, OP_REPLY if kind == OP_QUERY else OP_MSG) + payload


def read_query(body: bytes) -> Document:
    return bson.decode(body[body.index(b"\0", 4) + 9 :], codec_options=CODEC)


def read_message(body: bytes) -> Document:
    """An OP_MSG: the command, and sequences of documents that belong into it."""
    command: Document = {}
    sequences: dict[str, list[Document]] = {}
    position = 4
    while position < len(body):
        (size,) = struct.unpack_from("<i", body, position + 1)
        section = body[position + 1 : position + 1 + size]
        if body[position] == 0:
            command = bson.decode(section, codec_options=CODEC)
        else:
            name, _, documents = section[4:].partition(b"\0")
            sequences[name.decode()] = bson.decode_all(documents, codec_options=CODEC)
        position += 1 + size
    return {**command, **sequences}


def main() -> None:
    """A process of its own, for whoever holds its stdin."""
    server = MongoServer(TEST_SCHEMA)
    sys.stdout.write(f"{server.uri}\n")
    sys.stdout.flush()
    sys.stdin.read()
    server.close()
    sys.stdout.write(json.dumps({"commands": Counter(server.commands), "databases": sorted(server.databases)}))


if __name__ == "__main__":
    main()
