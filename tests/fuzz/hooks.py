"""What a request of the fuzzer needs beside its body: an address of its own, and a login that may be lost.

Loaded by schemathesis (SCHEMATHESIS_HOOKS); runs in its process, not in the relay's.
"""

import json
import os
import urllib.request
from itertools import count
from typing import Any

import schemathesis

THROWAWAY = {
    "POST /api/auth/logout", "POST /api/auth/refresh", "PUT /api/organization",
    "DELETE /api/profile/logins/{login_id}", "POST /api/profile/regenerate-api-key",
}  # fmt: skip
"""These end the login they are made with, or shut out its organization: a person nobody needs makes them."""
WRITES = {"PUT", "POST", "DELETE"}
_numbers = count(1)


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case, kwargs: dict[str, Any]) -> None:
    """Each request comes from elsewhere, or the limits that count by address would answer instead of the route.

    What would change the account that asks (its password, its role) is done to the person nobody needs.
    """
    case.headers["X-Forwarded-For"] = address(next(_numbers))
    if case.method in WRITES and case.path_parameters.get("user_id") == os.environ["FUZZ_USER_ID"]:
        case.path_parameters["user_id"] = os.environ["FUZZ_THROWAWAY_ID"]


@schemathesis.auth(refresh_interval=None)
class Login:
    """The person this run asks as; for what costs the login, somebody else."""

    def get(self, case: schemathesis.Case, context: schemathesis.AuthContext) -> str:
        return _throwaway() if case.operation.label in THROWAWAY else os.environ["FUZZ_TOKEN"]

    def set(self, case: schemathesis.Case, data: str, context: schemathesis.AuthContext) -> None:
        case.headers["Authorization"] = f"Bearer {data}"


def _throwaway() -> str:
    """A fresh login of an administrator of a fresh organization."""
    number = next(_numbers)
    account = {"email": f"nobody-{number}@example.org", "password": "correct horse"}
    names = {"username": f"nobody-{number}", "first_name": "N", "last_name": "N"}
    organization = {"organization_name": f"Nobody {number}", "company_name": "Nobody"}
    _post("/api/auth/signup", account | names | organization, number)
    return str(_post("/api/auth/login", account, number)["token"])


def _post(path: str, body: dict[str, str], number: int) -> Any:
    headers = {"content-type": "application/json", "x-forwarded-for": address(number)}
    request = urllib.request.Request(os.environ["FUZZ_URL"] + path, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def address(number: int) -> str:
    """Somewhere else each time."""
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
