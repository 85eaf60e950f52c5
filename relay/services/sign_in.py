"""Builds what signing in is made of: proofs, factors, codes, tokens. Only relay/services/all.py asks."""

from dataclasses import dataclass
from datetime import timedelta

from relay.config import Config
from relay.services.audit import Audit
from relay.services.devices import Devices
from relay.services.email_codes import EmailCodes
from relay.services.factor_proof import FactorProof
from relay.services.factor_store import FactorStore
from relay.services.inactivity import Inactivity
from relay.services.letters import Letters
from relay.services.login import Login
from relay.services.login_audit import LoginAudit
from relay.services.login_guard import LoginGuard
from relay.services.login_tokens import LoginTokens
from relay.services.logins import Logins
from relay.services.own_organization import OwnOrganization
from relay.services.own_password import OwnPassword
from relay.services.passkey_ceremonies import Ceremonies
from relay.services.password_proof import PasswordProof
from relay.services.ports import Recheck
from relay.services.profile import Profile
from relay.services.recovery_codes import RecoveryCodes
from relay.services.second_factors import SecondFactors
from relay.services.standing import Standing
from relay.services.users import Users
from relay.services.windows import SlidingWindows


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """The parts, and what is made of them."""

    d: Devices
    config: Config
    audit: Audit
    standing: Standing
    letters: Letters
    recheck: Recheck
    inactivity: Inactivity

    def own_password(self) -> OwnPassword:
        """Asking for the password once more."""
        return OwnPassword(database=self.d.database, passwords=self.d.passwords, audit=self.audit)

    def factor_proof(self) -> FactorProof:
        """Proving second factors; one for all, because it counts wrong tries."""
        return FactorProof(
            factors=FactorStore(database=self.d.database),
            recovery=RecoveryCodes(database=self.d.database, sealer=self.d.sealer, clock=self.d.clock, ids=self.d.ids),
            ceremonies=Ceremonies(database=self.d.database, clock=self.d.clock, ids=self.d.ids),
            sealer=self.d.sealer,
            clock=self.d.clock,
            tries=SlidingWindows(self.d.clock),
        )

    def second_factors(self, proof: FactorProof, users: Users) -> SecondFactors:
        """Adding and removing them."""
        return SecondFactors(
            database=self.d.database,
            factors=proof.factors,
            proof=proof,
            recovery=proof.recovery,
            ceremonies=proof.ceremonies,
            own_password=self.own_password(),
            standing=self.standing,
            users=users,
            sealer=self.d.sealer,
            audit=self.audit,
            recheck=self.recheck,
            clock=self.d.clock,
            ids=self.d.ids,
        )

    def profile(self) -> Profile:
        """One's own password."""
        return Profile(
            database=self.d.database,
            passwords=self.d.passwords,
            own_password=self.own_password(),
            audit=self.audit,
            recheck=self.recheck,
            clock=self.d.clock,
            password_min_length=self.config.password_min_length,
        )

    def own_organization(self) -> OwnOrganization:
        """What administrators change about it."""
        return OwnOrganization(database=self.d.database, audit=self.audit, clock=self.d.clock)

    def logins(self) -> Logins:
        """What is logged in, as people see it."""
        longest = max(self.config.refresh_chain_days * 24, self.config.jwt_expiry_hours)
        return Logins(
            database=self.d.database,
            audit=self.audit,
            recheck=self.recheck,
            clock=self.d.clock,
            chain_lifetime=timedelta(hours=longest),
        )

    def login(self, proof: FactorProof, logins: Logins) -> Login:
        """The way from a proof to a token."""
        return Login(
            guard=LoginGuard(database=self.d.database, failures=SlidingWindows(self.d.clock)),
            standing=self.standing,
            proof=PasswordProof(database=self.d.database, standing=self.standing, passwords=self.d.passwords),
            factors=proof,
            codes=self._codes(),
            tokens=self._tokens(),
            inactivity=self.inactivity,
            audit=LoginAudit(audit=self.audit),
            logins=logins,
            clock=self.d.clock,
            ids=self.d.ids,
        )

    def _codes(self) -> EmailCodes:
        return EmailCodes(
            database=self.d.database,
            letters=self.letters,
            sealer=self.d.sealer,
            clock=self.d.clock,
            ids=self.d.ids,
            enabled=self.config.otp_enabled,
            enforce_all_clients=self.config.otp_enforce_all_clients,
        )

    def _tokens(self) -> LoginTokens:
        return LoginTokens(
            tokens=self.d.tokens,
            standing=self.standing,
            clock=self.d.clock,
            lifetime_s=self.config.jwt_expiry_hours * 3600,
            chain_lifetime_s=self.config.refresh_chain_days * 24 * 3600,
        )
