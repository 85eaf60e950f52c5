"""What the API document promises, tried on a running relay: no surprise for an administrator, a user, a super admin.

Always the same cases; `make fuzz` looks for new ones. The coverage phase, which tries each bound of each field, is the
same for everybody who may pass, so only the administrator goes through it.
"""

import pytest

from tests.fuzz.running import Bounds, fuzz

COVERAGE, RANDOM = "coverage", "examples,fuzzing,stateful"
RUNS = [("admin", COVERAGE), ("admin", RANDOM), ("granted", RANDOM), ("super_admin", RANDOM)]


@pytest.mark.parametrize(("person", "phases"), RUNS)
async def test_the_relay_does_what_its_document_says(tmp_path, person, phases):
    found = await fuzz(tmp_path, person, Bounds(seed=1, most_examples=3, phases=phases))
    assert found.is_clean, found.text
    assert found.still_knows_us, "the login was lost on the way: what came after it tested nothing"
