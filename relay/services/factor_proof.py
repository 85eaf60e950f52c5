"""Whether somebody who logs in has the account's second factor: wrong tries are counted before they are looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from relay.clock import Clock
from relay.domain.accounts import User
from relay.domain.errors import Unauthenticated
from relay.domain.second_factors import WRONG_CODE, Method
from relay.services.factor_store import FactorStore
from relay.services.passkey_ceremonies import Ceremonies
from relay.services.ports import Sealer
from relay.services.recovery_codes import RecoveryCodes
from relay.services.windows import SlidingWindows
from relay.store.interface import Document
from relay.vault import passkeys, totp
from relay.vault.passkeys import PasskeyRefused

LOGIN_PURPOSE = "login"
MOST_WRONG = 10
WINDOW_S = 900
"""Ten wrong codes for one account in a quarter of an hour, whoever it is that has its password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorProof:
    """Compares codes and passkeys."""

    factors: FactorStore
    recovery: RecoveryCodes
    ceremonies: Ceremonies
    sealer: Sealer
    clock: Clock
    tries: SlidingWindows

    async def methods(self, user: User) -> Sequence[Method]:
        """The ways this user can prove a second factor; none for who has none."""
        found = await self.factors.confirmed(tenant_id=user.tenant_id, user_id=user.id)
        kinds = {Method(each["kind"]) for each in found}
        if kinds and await self.recovery.count_left(user.id):
            kinds.add(Method.RECOVERY_CODE)
        return [each for each in Method if each in kinds]

    async def passkey_options(self, user: User, *, login_id: str, base_url: str) -> dict[str, Any]:
        """What the browser is to be asked. Raises Invalid, Unauthenticated (no passkey here)."""
        known = await self.factors.confirmed(tenant_id=user.tenant_id, user_id=user.id, kind=Method.PASSKEY)
        if not known:
            raise Unauthenticated(WRONG_CODE)
        ceremony = await self.ceremonies.begin(
            LOGIN_PURPOSE, login_id=login_id, user_id=user.id, tenant_id=user.tenant_id, base_url=base_url
        )
        ids = [each["credential_id"] for each in known]
        return await passkeys.in_thread(
            passkeys.assertion_options, ceremony.site, challenge=ceremony.challenge, known=ids
        )

    async def require(
        self, user: User, method: Method, *, login_id: str, code: str, credential: Mapping[str, Any]
    ) -> None:
        """Raises Unauthenticated, TooMany."""
        key = ("second factor", user.id)
        self.tries.require_room(key, most=MOST_WRONG, window_s=WINDOW_S)
        self.tries.count(key, most=MOST_WRONG)  # before any await: tries made at once count each
        if not await self._is_right(user, method, login_id=login_id, code=code, credential=credential):
            raise Unauthenticated(WRONG_CODE)
        self.tries.give_back(key)

    async def _is_right(
        self, user: User, method: Method, *, login_id: str, code: str, credential: Mapping[str, Any]
    ) -> bool:
        match method:
            case Method.TOTP:
                return await self._fits_totp(user, code)
            case Method.PASSKEY:
                return await self._fits_passkey(user, login_id, credential)
            case Method.RECOVERY_CODE:
                has_factor = bool(await self.factors.confirmed(tenant_id=user.tenant_id, user_id=user.id))
                return has_factor and await self.recovery.use(user.id, code)

    async def _fits_totp(self, user: User, code: str) -> bool:
        for each in await self.factors.confirmed(tenant_id=user.tenant_id, user_id=user.id, kind=Method.TOTP):
            if await self.use_totp(each, code):
                return True
        return False

    async def use_totp(self, factor: Document, code: str, **changes: Any) -> bool:
        """Whether the code is of a step that was not used yet; then that step and all before it are used."""
        try:
            secret = self.sealer.unseal(factor["secret_sealed"])
        except ValueError:
            return False  # sealed under a key that is gone
        now = self.clock.now()
        step = totp.step_of(secret, code, at=now, after_step=factor["last_step"])
        return step is not None and await self.factors.advance(
            factor["_id"], "last_step", step, last_used_at=now, **changes
        )

    async def _fits_passkey(self, user: User, login_id: str, credential: Mapping[str, Any]) -> bool:
        ceremony = await self.ceremonies.end(LOGIN_PURPOSE, login_id=login_id, user_id=user.id)
        known = await self.factors.confirmed(tenant_id=user.tenant_id, user_id=user.id, kind=Method.PASSKEY)
        named = passkeys.credential_id_of(credential)
        factor = next((each for each in known if passkeys.written_id(each["credential_id"]) == named), None)
        if ceremony is None or factor is None:
            return False
        try:
            count = await passkeys.in_thread(
                passkeys.check_assertion,
                ceremony.site,
                credential,
                challenge=ceremony.challenge,
                public_key=factor["public_key"],
                sign_count=factor["sign_count"],
            )
        except PasskeyRefused:
            return False
        if count == 0:  # an authenticator that does not count; the challenge was good once
            await self.factors.change(factor["_id"], last_used_at=self.clock.now())
            return True
        return await self.factors.advance(factor["_id"], "sign_count", count, last_used_at=self.clock.now())
