"""A person at a browser: signs in, opens terminals, types, reads. It waits for what it sees, never for a while."""

from playwright.sync_api import Browser, Page, expect

from tests.processes import PASSWORD

PATIENCE_MS = 15_000
"""How long anything may take to appear on a busy two-core machine before the journey fails."""


class Person:
    """One browser profile of one person, at one relay."""

    def __init__(self, browser: Browser, url: str, *, dark: bool = True) -> None:
        self.context = browser.new_context(
            base_url=url, reduced_motion="reduce", viewport={"width": 1440, "height": 900},
            color_scheme="dark" if dark else "light",
        )  # fmt: skip
        self.context.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        self.page: Page = self.context.new_page()
        self.problems: list[str] = []
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))

    def sign_in(self, email: str, password: str = PASSWORD) -> None:
        """Through the form; ends on the machines page."""
        self.page.goto("/login")
        self.page.get_by_label("E-mail or user name").fill(email)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.get_by_role("button", name="Sign in").click()
        self.page.wait_for_url("**/machines")

    def connect(self, name: str) -> None:
        """Open a shell from the list of machines and wait for it to be usable."""
        self.page.goto("/machines")
        self.page.get_by_role("link", name=f"Connect to {name}").first.click()
        self.wait_for_state("live")
        self.run("printf 'rea%s\\n' dy-now", until="ready-now")

    def run(self, line: str, *, until: str) -> None:
        """Type a line into the focused terminal and wait until its output shows `until`."""
        self.page.keyboard.type(line)
        self.page.keyboard.press("Enter")
        self.wait_for_text(until)

    def wait_for_text(self, text: str) -> None:
        """Until the focused terminal's buffer holds `text`."""
        self.page.wait_for_function("text => window.__fairleadTerminal?.()?.text().includes(text)", arg=text)

    def wait_for_state(self, state: str) -> None:
        """Until the focused terminal is `live`, `waiting`, `ended` or `refused`."""
        self.page.wait_for_function("state => window.__fairleadTerminal?.()?.state === state", arg=state)

    def command_log(self, agent_id: str) -> list[list[str]]:
        """The rows of the machine's command log as shown: exit code first, then the line."""
        self.page.goto(f"/machines/{agent_id}?tab=commands")
        self.page.get_by_role("table").wait_for()
        rows = self.page.get_by_role("table").locator("tbody tr")
        return [[cell.inner_text() for cell in row.locator("td").all()[:2]] for row in rows.all()]

    def _note(self, message: object) -> None:
        if getattr(message, "type", "") == "error":
            self.problems.append(str(getattr(message, "text", message)))
