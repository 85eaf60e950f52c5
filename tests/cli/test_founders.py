"""founder.json: what `up` remembers of its first start, and what it says when that is damaged."""

from pathlib import Path
from typing import cast

import pytest

from relay.config import ConfigError
from relay.founders import find_or_make
from relay.ids import Ids
from relay.services.all import Services


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"user_id": "x", "more": 1}'])
async def test_a_damaged_file_is_named_with_what_to_do(tmp_path: Path, text: str) -> None:
    (tmp_path / "founder.json").write_text(text)
    with pytest.raises(ConfigError, match=r"founder.json is damaged: restore it from a backup, or remove it"):
        await find_or_make(cast(Services, None), tmp_path, Ids(), print)
