"""One's own second factors: added, confirmed, removed; and an administrator's reset for whoever lost all of them.

Each change asks for the password again, so that a stolen token does not outlive itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from relay.clock import Clock
from relay.domain.access import Actor
from relay.domain.audit import Action
from relay.domain.errors import Conflict, Forbidden, Invalid, NotFound, Unauthenticated
from relay.domain.names import check_name, is_object_id
from relay.domain.second_factors import MAX_PER_USER, WRONG_CODE, Method, SecondFactor
from relay.ids import Ids
from relay.services.audit import Audit
from relay.services.factor_proof import FactorProof
from relay.services.factor_store import FactorStore
from relay.services.own_password import OwnPassword
from relay.services.passkey_ceremonies import Ceremonies
from relay.services.ports import Recheck, Sealer
from relay.services.records import read
from relay.services.recovery_codes import RecoveryCodes
from relay.services.standing import Standing
from relay.services.users import Users
from relay.store.errors import Duplicate
from relay.store.interface import Database
from relay.vault import passkeys, totp
from relay.vault.passkeys import PasskeyRefused

REGISTER_PURPOSE = "register"
SECRET_CHARS = 32
"""Of base 32: 160 bits, what RFC 4226 recommends."""
NO_FACTOR = "Second factor not found"
BEGIN_AGAIN = "The passkey could not be verified: begin again"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTotp:
    """An authenticator app to be; the secret is shown this once."""

    id: str
    secret: str
    otpauth_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """A second factor that counts from now on; recovery codes with the first one."""

    factor: SecondFactor
    recovery_codes: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorList:
    """What somebody has."""

    factors: Sequence[SecondFactor]
    recovery_codes_left: int
    required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactors:
    """Use cases on them."""

    database: Database
    factors: FactorStore
    proof: FactorProof
    recovery: RecoveryCodes
    ceremonies: Ceremonies
    own_password: OwnPassword
    standing: Standing
    users: Users
    sealer: Sealer
    audit: Audit
    recheck: Recheck
    clock: Clock
    ids: Ids

    async def list_own(self, actor: Actor) -> FactorList:
        """Those that count, the codes left, and whether the organization wants one. Raises Unauthenticated."""
        return FactorList(
            factors=await self._own(actor),
            recovery_codes_left=await self.recovery.count_left(actor.user_id),
            required=await self._is_required(actor),
        )

    async def begin_totp(self, actor: Actor, *, name: str, current_password: str) -> NewTotp:
        """A secret, to be confirmed with a code of it. Raises Invalid, Conflict."""
        factor = self._new(actor, Method.TOTP, name)
        await self.own_password.require(actor, current_password, Action.SECOND_FACTOR_ADDED)
        await self._require_room(actor)
        await self.factors.forget_unconfirmed(tenant_id=actor.tenant_id, user_id=actor.user_id)
        secret = self.ids.base32(SECRET_CHARS)
        await self.factors.add(factor, secret_sealed=self.sealer.seal(secret), last_step=0)
        url = totp.provisioning_url(secret, username=actor.username, issuer=f"Fairlead {actor.tenant_name}")
        return NewTotp(id=factor.id, secret=secret, otpauth_url=url)

    async def confirm_totp(self, actor: Actor, factor_id: str, code: str) -> Added:
        """It counts once its code was right. Raises Invalid, NotFound, Conflict."""
        found = await self._find(actor, factor_id)
        if found["kind"] != Method.TOTP or found["confirmed"]:
            raise Conflict("It is confirmed already")
        if not await self.proof.use_totp(found, code, confirmed=True):
            raise Invalid(WRONG_CODE)
        return await self._added(actor, replace(read(SecondFactor, found), confirmed=True))

    async def passkey_options(self, actor: Actor, *, current_password: str, base_url: str) -> dict[str, Any]:
        """What the browser is to be asked. Raises Invalid, Conflict."""
        await self.own_password.require(actor, current_password, Action.SECOND_FACTOR_ADDED)
        await self._require_room(actor)
        ceremony = await self.ceremonies.begin(
            REGISTER_PURPOSE,
            login_id=actor.login_id,
            user_id=actor.user_id,
            tenant_id=actor.tenant_id,
            base_url=base_url,
        )
        known = await self.factors.confirmed(tenant_id=actor.tenant_id, user_id=actor.user_id, kind=Method.PASSKEY)
        return await passkeys.in_thread(
            passkeys.registration_options,
            ceremony.site,
            challenge=ceremony.challenge,
            user_id=actor.user_id,
            username=actor.username,
            known=[each["credential_id"] for each in known],
        )

    async def add_passkey(self, actor: Actor, *, name: str, credential: Mapping[str, Any]) -> Added:
        """The passkey the browser made for the options given before. Raises Invalid, Conflict."""
        factor = replace(self._new(actor, Method.PASSKEY, name), confirmed=True)
        ceremony = await self.ceremonies.end(REGISTER_PURPOSE, login_id=actor.login_id, user_id=actor.user_id)
        if ceremony is None:
            raise Invalid(BEGIN_AGAIN)
        try:
            made = await passkeys.in_thread(
                passkeys.check_registration, ceremony.site, credential, challenge=ceremony.challenge
            )
        except PasskeyRefused as error:
            raise Invalid(BEGIN_AGAIN) from error
        await self._require_room(actor)
        stored = {"credential_id": made.credential_id, "public_key": made.public_key, "sign_count": made.sign_count}
        try:
            await self.factors.add(factor, **stored)
        except Duplicate as error:
            raise Conflict("This passkey is registered already") from error
        return await self._added(actor, factor)

    async def remove(self, actor: Actor, factor_id: str, *, current_password: str) -> None:
        """Raises Invalid, NotFound, Conflict (the last one, where the organization wants one)."""
        found = await self._find(actor, factor_id)
        await self.own_password.require(actor, current_password, Action.SECOND_FACTOR_REMOVED)
        others = [each for each in await self._own(actor) if each.id != factor_id]
        if found["confirmed"] and not others and await self._is_required(actor):
            raise Conflict("Your organization requires a second factor: add another one first")
        if not await self.factors.remove(tenant_id=actor.tenant_id, user_id=actor.user_id, factor_id=factor_id):
            raise NotFound(NO_FACTOR)
        if not others:
            await self.recovery.forget(actor.user_id)
        await self._record(actor, Action.SECOND_FACTOR_REMOVED, kind=found["kind"], name=found["name"])

    async def new_recovery_codes(self, actor: Actor, *, current_password: str) -> Sequence[str]:
        """Ten new ones in the place of all there were. Raises Invalid, Conflict."""
        await self.own_password.require(actor, current_password, Action.RECOVERY_CODES_MADE)
        if not await self._own(actor):
            raise Conflict("Recovery codes come with a second factor: add one first")
        codes = await self.recovery.make(tenant_id=actor.tenant_id, user_id=actor.user_id)
        await self._record(actor, Action.RECOVERY_CODES_MADE)
        return codes

    async def reset(self, actor: Actor, user_id: str) -> None:
        """Take everything away from a user who lost it, and end their logins. Raises Invalid, NotFound, Forbidden."""
        user = (await self.users.get(actor, user_id)).user
        if user.id == actor.user_id:
            raise Forbidden("Your own second factors are removed in your profile, with your password")
        count = await self.factors.remove_all(tenant_id=user.tenant_id, user_id=user.id)
        await self.recovery.forget(user.id)
        users = self.database.collection("users")
        await users.update_one({"_id": user.id, "tenant_id": user.tenant_id}, {"$inc": {"token_generation": 1}})
        await self.recheck(user.tenant_id)
        await self.audit.record(
            actor,
            Action.SECOND_FACTOR_RESET,
            "user",
            resource_id=user.id,
            tenant_id=user.tenant_id,
            username=user.username,
            count=count,
        )

    async def _added(self, actor: Actor, factor: SecondFactor) -> Added:
        codes: Sequence[str] = ()
        if len(await self._own(actor)) == 1:
            codes = await self.recovery.make(tenant_id=actor.tenant_id, user_id=actor.user_id)
        await self._record(actor, Action.SECOND_FACTOR_ADDED, kind=str(factor.kind), name=factor.name)
        return Added(factor=factor, recovery_codes=codes)

    async def _own(self, actor: Actor) -> Sequence[SecondFactor]:
        return await self.factors.records(tenant_id=actor.tenant_id, user_id=actor.user_id)

    async def _find(self, actor: Actor, factor_id: str) -> dict[str, Any]:
        if not is_object_id(factor_id):
            raise Invalid("Invalid second factor ID")
        found = await self.factors.find(tenant_id=actor.tenant_id, user_id=actor.user_id, factor_id=factor_id)
        if found is None:
            raise NotFound(NO_FACTOR)
        return found

    async def _require_room(self, actor: Actor) -> None:
        if len(await self._own(actor)) >= MAX_PER_USER:
            raise Conflict(f"There are {MAX_PER_USER} second factors already: remove one first")

    async def _is_required(self, actor: Actor) -> bool:
        account = await self.standing.find(actor.user_id)
        if account is None:
            raise Unauthenticated("User not found")
        return account.organization.second_factor_required

    def _new(self, actor: Actor, kind: Method, name: str) -> SecondFactor:
        return SecondFactor(
            id=self.ids.object_id(),
            tenant_id=actor.tenant_id,
            user_id=actor.user_id,
            kind=kind,
            name=check_name(name, field="name", maximum=60),
            created_at=self.clock.now(),
            confirmed=False,
        )

    async def _record(self, actor: Actor, action: Action, **details: Any) -> None:
        await self.audit.record(actor, action, "profile", resource_id=actor.user_id, **details)
