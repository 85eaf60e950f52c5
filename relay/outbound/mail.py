"""Mail by SMTP: one letter at a time, in a worker thread, within a bound of time. Keeps nothing and retries nothing."""

import smtplib
import ssl
from dataclasses import dataclass, field
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

import trio

from relay.domain.letters import Letter

STEP_TIMEOUT_S = 20
"""For each word of the mail server."""
SEND_TIMEOUT_S = 60
"""For a whole letter: a server that drips holds up nobody."""
_PERMANENT = range(500, 600)


class Undelivered(Exception):
    """The letter did not go out; `for_good` says that trying again is useless. The text holds no address, no letter."""

    def __init__(self, text: str, *, for_good: bool) -> None:
        super().__init__(text)
        self.for_good = for_good


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """Where mail is handed in. `tls`: `starttls` (never optional), `tls` (from the first byte) or `none`."""

    host: str
    port: int
    sender: str
    username: str = ""
    password: str = field(default="", repr=False)
    tls: str = "starttls"


class Mailer:
    """Hands letters to one mail server. Certificates are verified; `context` is for tests with their own authority."""

    def __init__(self, settings: SmtpSettings, *, context: ssl.SSLContext | None = None) -> None:
        self._settings = settings
        self._context = context
        self._limiter = trio.CapacityLimiter(1)

    async def send(self, letter: Letter, *, letter_id: str, at: datetime) -> None:
        """Returns when the server has taken it. Raises Undelivered."""
        message = self._message(letter, letter_id, at)
        with trio.move_on_after(SEND_TIMEOUT_S) as scope:
            await trio.to_thread.run_sync(self._send_now, message, limiter=self._limiter, abandon_on_cancel=True)
        if scope.cancelled_caught:
            raise Undelivered("the mail server took too long", for_good=False)

    def _message(self, letter: Letter, letter_id: str, at: datetime) -> EmailMessage:
        """Header values with line breaks, and addresses that are none, are refused by the email package."""
        message = EmailMessage()
        try:
            message["From"] = self._settings.sender
            message["To"] = Address(addr_spec=letter.to)
            message["Subject"] = letter.subject
        except (ValueError, IndexError) as error:
            raise Undelivered("the address cannot be written into a mail", for_good=True) from error
        message["Date"] = format_datetime(at)
        message["Message-ID"] = f"<{letter_id}@{self._domain()}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        return message

    def _domain(self) -> str:
        return self._settings.sender.rpartition("@")[2].rstrip("> ") or "localhost"

    def _send_now(self, message: EmailMessage) -> None:
        try:
            with self._connected() as server:
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise Undelivered(f"the mail server refused it ({codes})", for_good=_is_final(codes)) from None
        except smtplib.SMTPResponseException as error:
            code = error.smtp_code
            refused = isinstance(error, smtplib.SMTPDataError | smtplib.SMTPSenderRefused)
            raise Undelivered(f"the mail server answered {code}", for_good=refused and code in _PERMANENT) from None
        except smtplib.SMTPNotSupportedError as error:
            raise Undelivered(f"the mail server cannot do this: {error}", for_good=False) from None
        except (OSError, smtplib.SMTPException, UnicodeError) as error:
            raise Undelivered(f"the mail server cannot be reached: {type(error).__name__}", for_good=False) from None

    def _connected(self) -> smtplib.SMTP:
        known = self._settings
        if known.tls == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                known.host, known.port, timeout=STEP_TIMEOUT_S, context=self._context or ssl.create_default_context()
            )
        else:
            server = smtplib.SMTP(known.host, known.port, timeout=STEP_TIMEOUT_S)
        try:
            if known.tls == "starttls":
                server.starttls(context=self._context or ssl.create_default_context())
            if known.username:
                server.login(known.username, known.password)
        except BaseException:
            server.close()
            raise
        return server


def _is_final(codes: list[int]) -> bool:
    return all(code in _PERMANENT for code in codes)
