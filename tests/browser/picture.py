"""The picture in the README: a list of machines on the left, a split terminal on the right. Drawn on demand only."""

import base64
import json
from datetime import UTC, datetime, timedelta

from playwright.sync_api import Page, Route

from tests import processes
from tests.browser.conftest import House
from tests.journeys.person import Person

SIZE = {"width": 1100, "height": 660}
FLEET = (
    ("backup-vault", "online", 4, 31, 78, ["prod"]),
    ("build-runner", "online", 86, 62, 41, ["ci"]),
    ("db-primary", "online", 23, 71, 55, ["prod", "postgres"]),
    ("db-replica", "online", 9, 64, 55, ["prod", "postgres"]),
    ("edge-lisbon", "online", 12, 18, 9, ["edge"]),
    ("edge-oslo", "offline", None, 22, 11, ["edge"]),
    ("kiosk-3", "pending", None, None, None, []),
    ("mail-relay", "online", 3, 40, 27, ["prod"]),
    ("web-1", "online", 38, 45, 33, ["prod", "web"]),
    ("web-2", "online", 35, 47, 33, ["prod", "web"]),
)
UNSEEN = {
    "pending": {"last_active": None, "ip_address": "", "hostname": ""},
    "offline": {"last_active": (datetime.now(UTC) - timedelta(hours=17)).isoformat()},
}
PREPARE = (
    "cd \"$(mktemp -d)\"; mkdir releases shared; seq 4096 > web.log; ln -s v42 current; "
    "PS1='\\[\\e[1;32m\\]ada@lathe\\[\\e[0m\\]:\\[\\e[1;34m\\]/srv/app\\[\\e[0m\\]$ '; clear; printf '\\e[3J'"
)  # fmt: skip


def draw(person: Person, house: House, path: str) -> None:
    """Write the picture; the house keeps nothing of the machines that were invented for it."""
    left, right = _machines(person, house), _terminal(person)
    images = [
        f'<img width="710" src="data:image/png;base64,{base64.b64encode(one).decode()}">' for one in (left, right)
    ]
    page = person.context.new_page()
    page.set_viewport_size({"width": 1440, "height": 442})
    page.set_content(
        f'<body style="margin:8px;display:flex;align-items:flex-start;gap:8px;background:#05080b">{"".join(images)}'
    )
    page.locator("img").last.evaluate("image => image.decode()")
    page.screenshot(path=path)
    page.close()


def _machines(person: Person, house: House) -> bytes:
    one = processes.ask(house.url, f"/api/machines/{house.agent_id}", token=house.token)["machine"]
    many = [one] + [_machine(one, number, *rest) for number, rest in enumerate(FLEET)]

    def answer(route: Route) -> None:
        route.fulfill(body=json.dumps({"machines": many}), content_type="application/json")

    page = person.page
    page.set_viewport_size(SIZE)
    page.route("**/api/machines", answer)
    page.goto("/machines")
    page.get_by_role("link", name="web-2", exact=True).wait_for()
    picture = page.screenshot()
    page.unroute_all(behavior="ignoreErrors")
    return picture


def _machine(
    one: dict,
    number: int,
    name: str,
    status: str,
    cpu: int | None,
    memory: int | None,
    disk: int | None,
    tags: list[str],
) -> dict:
    figures = {"cpu_percent": cpu, "memory_percent": memory, "disk_percent": disk}
    change = {
        "agent_id": f"{number:012x}",
        "name": name,
        "status": status,
        "tags": tags,
        "ip_address": f"192.0.2.{number + 10}",
    }
    return one | figures | change | UNSEEN.get(status, {})


def _terminal(person: Person) -> bytes:
    page = person.page
    person.connect("lathe")
    _type(page, PREPARE)
    person.run("ls -go --color", until="web.log")
    person.run("tail -3 web.log | paste -s", until="4096")
    page.keyboard.press("Alt+Shift+D")
    page.wait_for_function("() => document.querySelectorAll('.fl-pane').length === 2")
    person.wait_for_state("live")
    person.run("printf 'rea%s\\n' dy-now", until="ready-now")
    _type(page, PREPARE)
    person.run("df -h --output=size,used,pcent /", until="Use%")
    person.run("free -h | cut -c1-38", until="Swap")
    return page.screenshot()


def _type(page: Page, line: str) -> None:
    page.keyboard.type(line)
    page.keyboard.press("Enter")
    page.wait_for_function("() => /^ada@lathe:\\/srv\\/app\\$/.test(window.__fairleadTerminal().text().trim())")
