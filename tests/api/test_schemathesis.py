"""What the API document promises, tried on a running relay: no surprise for an administrator, a user, a super admin.

Always the same cases; `make fuzz` looks for new ones. The coverage phase, which tries each bound of each field, is the
same for everybody who may pass, so only the administrator goes through it.
"""

import pytest

from tests.fuzz.running import Bounds, fuzz

HALF = "^/api/(machines|groups|users|admin|auth)"
RUNS = {
    "each bound, one half": ("admin", "coverage", HALF),
    "each bound, the other half": ("admin", "coverage", HALF.replace("^/api/", "^(?!/api/") + ")"),
    "an administrator": ("admin", "examples,fuzzing,stateful", ""),
    "a user": ("granted", "fuzzing,stateful", "^/api/(machines|sessions|terminal|commands|profile|community|access-)"),
    "a super admin": ("super_admin", "fuzzing,stateful", "^/api/(admin|users|groups|audit|organization|machines$)"),
}
"""Who, what, and which paths: those where this person is answered otherwise than the others."""


@pytest.mark.parametrize("run", RUNS)
async def test_the_relay_does_what_its_document_says(tmp_path, run):
    person, phases, only = RUNS[run]
    found = await fuzz(tmp_path, person, Bounds(seed=1, most_examples=3, phases=phases, only=only))
    assert found.is_clean, found.text
    assert found.still_knows_us, "the login was lost on the way: what came after it tested nothing"
