"""The console is typed by the document the relay really serves: a field that changes there must be generated here."""

import json
from pathlib import Path

from tests import processes

WEBUI = Path(__file__).parents[2] / "webui"


def test_the_committed_document_is_the_relays_own(tmp_path: Path) -> None:
    with processes.relay_process(tmp_path / "data") as url:
        served = processes.ask(url, "/api/openapi.json")
    committed = json.loads((WEBUI / "openapi.json").read_text())
    for document in (served, committed):
        document.pop("servers", None)
    assert served == committed, "run: fairlead openapi > webui/openapi.json && npm --prefix webui run api"
