"""Proving that an e-mail address is one's own: a link by mail, good for a day, for that address and no later one."""

from dataclasses import dataclass
from datetime import timedelta

from relay.clock import Clock
from relay.domain.access import Actor
from relay.domain.accounts import User
from relay.domain.audit import Action
from relay.domain.errors import Conflict, Invalid
from relay.domain.letters import verification_letter
from relay.domain.names import folded
from relay.domain.tokens import digest
from relay.ids import Ids
from relay.services.audit import Audit
from relay.services.letters import Letters
from relay.services.ports import Caller
from relay.services.records import find_record
from relay.store.interface import Database, Document

LINK_HOURS = 24
NO_LINK = "This link is invalid or has expired: ask for a new one in your profile"


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailVerification:
    """Sends the links and takes them back. `public_url` is the only source of the link's address."""

    database: Database
    letters: Letters
    audit: Audit
    clock: Clock
    ids: Ids
    public_url: str

    @property
    def sends_mail(self) -> bool:
        """Whether anybody gets a link at all."""
        return self.letters.enabled

    async def send(self, user: User) -> None:
        """A new link to the user's present address; older ones stop working. Raises Unavailable."""
        token, now = self.ids.token(), self.clock.now()
        letter = verification_letter(
            user.email, first_name=user.first_name, public_url=self.public_url, token=token, hours=LINK_HOURS
        )
        lifetime = timedelta(hours=LINK_HOURS)
        await self.letters.post(letter, tenant_id=user.tenant_id, lifetime=lifetime, casual=True)
        links = self.database.collection("email_links")
        await links.delete_many({"tenant_id": user.tenant_id, "user_id": user.id})
        await links.insert_one(
            {
                "_id": digest(token),
                "tenant_id": user.tenant_id,
                "user_id": user.id,
                "email_folded": folded(user.email),
                "created_at": now,
                "expires_at": now + lifetime,
            }
        )

    async def resend(self, actor: Actor) -> None:
        """A new link for the actor. Raises Conflict (verified already), Unavailable."""
        user = find_record(User, await self.database.collection("users").find_one({"_id": actor.user_id}))
        if user is None or user.email_verified:
            raise Conflict("Your e-mail address is verified already")
        await self.send(user)

    async def verify(self, caller: Caller, token: str) -> None:
        """The address behind the link is its user's; opening it twice is no fault. Raises Invalid."""
        link = await self.database.collection("email_links").find_one({"_id": digest(token)})
        if link is None or link["expires_at"] <= self.clock.now():
            raise Invalid(NO_LINK)
        now = self.clock.now()
        where = {"_id": link["user_id"], "tenant_id": link["tenant_id"], "email_folded": link["email_folded"]}
        done = await self.database.collection("users").find_one_and_update(
            where, {"$set": {"email_verified": True, "updated_at": now}}, return_new=False
        )
        if done is None:
            raise Invalid(NO_LINK)  # the address was changed since
        if not done["email_verified"]:
            await self._record(caller, done)

    async def _record(self, caller: Caller, user: Document) -> None:
        await self.audit.record_stranger(
            caller,
            Action.EMAIL_VERIFIED,
            "user",
            tenant_id=user["tenant_id"],
            user_id=user["_id"],
            username=user["username"],
            resource_id=user["_id"],
        )
