"""What the relay writes to people by mail: plain text, short. Links are made from the public URL and nothing else."""

from dataclasses import dataclass

from relay.domain.names import plain

_END = "\nIf this was not you, you need not do anything.\n\nFairlead\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One mail to one person."""

    to: str
    subject: str
    text: str


def verification_letter(to: str, *, first_name: str, public_url: str, token: str, hours: int) -> Letter:
    """The link that proves an address."""
    text = (
        f"Hello {plain(first_name, 50)},\n\n"
        "please confirm that this is your e-mail address by opening this link:\n\n"
        f"{public_url}/api/auth/verify-email?token={token}\n\n"
        f"It works for {hours} hours.\n"
    )
    return Letter(to=to, subject="Confirm your e-mail address", text=text + _END)


def code_letter(to: str, *, first_name: str, code: str, minutes: int) -> Letter:
    """The code somebody who logs in is asked for."""
    text = (
        f"Hello {plain(first_name, 50)},\n\n"
        f"your sign-in code is {code}\n\n"
        f"It works once, for {minutes} minutes. Nobody of us will ever ask you for it.\n"
        "\nIf you did not sign in just now, somebody knows your password: change it.\n\nFairlead\n"
    )
    return Letter(to=to, subject="Your sign-in code", text=text)
