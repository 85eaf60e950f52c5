"""People who are not asking just now as actors: to decide on their rights, or to do what they left to be done."""

from dataclasses import dataclass

from relay.clock import Clock
from relay.domain.access import Actor
from relay.domain.accounts import Source, Unfinished
from relay.domain.errors import Forbidden
from relay.domain.held_commands import HeldCommand
from relay.services.standing import Account, Standing

GONE = "The account that asked is closed, or its logins were ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actors:
    """Reads the account anew; nothing is remembered of what somebody once might."""

    standing: Standing
    clock: Clock

    def of(
        self, account: Account, *, login_id: str = "", source: Source = Source.UI, ip_address: str = "", agent: str = ""
    ) -> Actor:
        """The account's person as of now. `agent` is the browser's name."""
        user, now = account.user, self.clock.now()
        return Actor(
            user_id=user.id,
            username=user.username,
            email=user.email,
            role=user.role,
            machine_role=user.machine_role,
            tenant_id=user.tenant_id,
            tenant_name=account.organization.display_name,
            source=source,
            token_id="",
            login_id=login_id,
            token_generation=user.token_generation,
            token_expires_at=now,
            login_at=now,
            ip_address=ip_address,
            user_agent=agent,
        )

    async def of_held(self, held: HeldCommand) -> Actor:
        """Who asked, logged in or not, but not after all their logins were ended. Raises Forbidden."""
        account = await self.standing.find(held.user_id)
        if account is None or not account.is_open:
            raise Forbidden(GONE)
        if not account.user.accepts(login_id=held.login_id, generation=held.token_generation):
            raise Forbidden(GONE)
        await self.standing.require_finished(account)
        return self.of(
            account,
            login_id=f"held:{held.id}",
            source=Source(held.source),
            ip_address=held.ip_address,
            agent=held.user_agent,
        )

    async def unfinished(self, account: Account) -> set[Unfinished]:
        """What the person has to do before their account is good for more, by the same check as each request's."""
        found: set[Unfinished] = set()
        for each in Unfinished:
            try:
                await self.standing.require_finished(account, set(Unfinished) - {each})
            except Forbidden:
                found.add(each)
        return found
