"""Tests at a real MongoDB: in a database of their own. One that its URI names is somebody's, and is not touched."""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pymongo import MongoClient

from relay.store.interface import Database, Document
from relay.store.mongo import open_mongo
from relay.store.schema import Schema

CONTRACT_DATABASE = "fairlead_contract"


async def open_emptied(uri: str, schema: Schema) -> Database:
    """CONTRACT_DATABASE at a real server, emptied first."""
    uri = contract_uri(uri)
    client: MongoClient[Document] = MongoClient(uri, serverSelectionTimeoutMS=5000)
    client.drop_database(CONTRACT_DATABASE)
    client.close()
    return await open_mongo(uri, schema, strict_indexes=True)


def contract_uri(uri: str) -> str:
    """The same server and login, but our own database: the one that was named still says where the user is known."""
    parts = urlsplit(uri)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if "@" in parts.netloc and "authsource" not in {name.lower() for name in options}:
        options["authSource"] = parts.path.strip("/") or "admin"
    return urlunsplit(parts._replace(path=f"/{CONTRACT_DATABASE}", query=urlencode(options)))
