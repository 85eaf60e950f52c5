"""All services, built once: the only place that knows which needs which.

The hub needs a listener before it can be built, and the services need the hub. So the composition root first makes a
`Fleet` (the listener), then the hub, then `build`s the rest:

    live = Live()
    fleet = Fleet(database=…, writer=…, live=live, clock=…, ids=…)
    hub = Hub(clock=…, listener=fleet, settings=…)
    services = build(Devices(…, fleet=fleet, hub=hub), config)
    await fleet.recover()
"""

from dataclasses import dataclass
from datetime import timedelta

import trio

from relay.clock import Clock
from relay.config import Config
from relay.services.access import AccessGrants
from relay.services.accounts import Accounts
from relay.services.api_keys import ApiKeys
from relay.services.audit import Audit
from relay.services.audit_checkpoints import AuditCheckpoints
from relay.services.audit_exports import AuditExports
from relay.services.audit_log import AuditLog
from relay.services.audit_start import AuditStart
from relay.services.audit_verification import AuditVerification
from relay.services.auth import Auth
from relay.services.avatars import Avatars
from relay.services.command_asides import CommandAsides
from relay.services.command_results import CommandResults
from relay.services.commands import Commands
from relay.services.community import Community
from relay.services.credentials import AgentCredentials
from relay.services.dashboard import Dashboard
from relay.services.denials import Denials
from relay.services.devices import Devices
from relay.services.enrolment import Enrolments
from relay.services.fixes import Fixes
from relay.services.fleet_commands import FleetCommands
from relay.services.groups import Groups
from relay.services.history import History
from relay.services.key_enrolment import KeyEnrolments
from relay.services.letters import Letters
from relay.services.log_search import LogSearches
from relay.services.login import Login
from relay.services.logins import Logins
from relay.services.machines import Machines
from relay.services.oidc import Oidc
from relay.services.organizations import Organizations
from relay.services.oversight import Oversight, build_gate, build_oversight
from relay.services.own_organization import OwnOrganization
from relay.services.people import People, build_people
from relay.services.presence import Presence
from relay.services.profile import Profile
from relay.services.recheck import LiveRecheck
from relay.services.refresh_family import RefreshFamily
from relay.services.rights import Rights
from relay.services.run_driver import LANES_AT_ONCE, RunTools
from relay.services.run_records import RunRecords
from relay.services.run_targets import RunTargets
from relay.services.second_factors import SecondFactors
from relay.services.session_attestations import SessionAttestations
from relay.services.sign_in import SignIn
from relay.services.standing import Standing
from relay.services.terminals import Terminals
from relay.services.upkeep import Upkeep
from relay.services.uploads import Uploads
from relay.services.user_changes import UserChanges
from relay.services.users import Users
from relay.services.verification import EmailVerification
from relay.store.interface import Database
from relay.terminal.hub import Hub


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """One field a noun."""

    accounts: Accounts
    login: Login
    logins: Logins
    second_factors: SecondFactors
    own_organization: OwnOrganization
    auth: Auth
    api_keys: ApiKeys
    oidc: Oidc
    users: Users
    user_changes: UserChanges
    organizations: Organizations
    community: Community
    fixes: Fixes
    uploads: Uploads
    avatars: Avatars
    profile: Profile
    verification: EmailVerification
    letters: Letters
    groups: Groups
    oversight: Oversight
    machines: Machines
    access: AccessGrants
    enrolment: Enrolments
    commands: Commands
    fleet_commands: FleetCommands
    terminals: Terminals
    history: History
    log_search: LogSearches
    session_attestations: SessionAttestations
    dashboard: Dashboard
    presence: Presence
    audit: Audit
    denials: Denials
    audit_log: AuditLog
    audit_exports: AuditExports
    audit_checkpoints: AuditCheckpoints
    audit_verification: AuditVerification
    audit_start: AuditStart
    recheck: LiveRecheck
    upkeep: Upkeep
    credentials: AgentCredentials
    database: Database
    hub: Hub


def build(devices: Devices, config: Config) -> Services:
    """The services over these devices. Also tells the fleet its hub."""
    d = devices
    d.fleet.hub = d.hub
    clock, ids, database = d.clock, d.ids, d.database
    audit = Audit(writer=d.writer, clock=clock, ids=ids)
    standing = Standing(database=database)
    rights = Rights(database=database, clock=clock, admin_implicit=config.admin_implicit_access)
    recheck = LiveRecheck(live=d.live, rights=rights, standing=standing, hub=d.hub)
    presence = _presence(clock, config)
    history = History(database=database, rights=rights)
    letters = Letters(database=database, mailer=d.mailer, sealer=d.sealer, clock=clock, ids=ids)
    verification = _verification(d, audit, letters, config)
    accounts = _accounts(d, audit, verification, config)
    users = Users(database=database, accounts=accounts, standing=standing, audit=audit)
    people = build_people(
        d, config, audit=audit, accounts=accounts, users=users, rights=rights, presence=presence, recheck=recheck
    )
    sign_in = SignIn(
        d=d,
        config=config,
        audit=audit,
        standing=standing,
        letters=letters,
        recheck=recheck,
        inactivity=people.inactivity,
    )
    factor_proof = sign_in.factor_proof()
    checkpoints = _checkpoints(d)
    audit_log = AuditLog(database=database)
    logins = sign_in.logins()
    login = sign_in.login(factor_proof, logins)
    api_keys = _api_keys(d, audit, standing, recheck)
    commands = _commands(d, audit, rights, recheck, config)
    groups = Groups(database=database, audit=audit, recheck=recheck, clock=clock, ids=ids)
    oversight = build_oversight(
        d, config, audit=audit, standing=standing, presence=presence, groups=groups, commands=commands
    )
    return Services(
        accounts=accounts,
        verification=verification,
        letters=letters,
        login=login,
        logins=logins,
        oidc=_oidc(d, login, config),
        second_factors=sign_in.second_factors(factor_proof, users),
        own_organization=sign_in.own_organization(),
        auth=_auth(d, api_keys, logins, config),
        api_keys=api_keys,
        profile=sign_in.profile(),
        users=users,
        user_changes=people.user_changes,
        organizations=people.organizations,
        community=people.community,
        fixes=people.fixes,
        uploads=people.uploads,
        avatars=people.avatars,
        groups=groups,
        oversight=oversight,
        machines=_machines(d, audit, rights=rights, presence=presence, recheck=recheck, config=config),
        access=AccessGrants(database=database, rights=rights, audit=audit, recheck=recheck, clock=clock, ids=ids),
        enrolment=_enrolment(d, audit, api_keys),
        commands=commands,
        fleet_commands=_fleet_commands(d, audit, rights, standing, commands=commands, config=config),
        terminals=_terminals(d, audit, rights, recheck),
        log_search=LogSearches(database=database, rights=rights, audit=audit),
        history=history,
        session_attestations=SessionAttestations(database=database, history=history, verify=d.identity.verify),
        dashboard=Dashboard(database=database, rights=rights, presence=presence),
        presence=presence,
        audit=audit,
        denials=Denials(audit=audit, clock=clock),
        audit_log=audit_log,
        audit_exports=_audit_exports(d, audit_log, audit, checkpoints),
        audit_checkpoints=checkpoints,
        audit_verification=AuditVerification(
            database=database, chains=d.chains, checkpoints=checkpoints, key=d.audit_key
        ),
        audit_start=AuditStart(database=database, chains=d.chains, checkpoints=checkpoints, audit=audit),
        recheck=recheck,
        upkeep=_upkeep(d, recheck=recheck, presence=presence, people=people, oversight=oversight),
        credentials=AgentCredentials(identity=d.identity, fleet=d.fleet),
        database=database,
        hub=d.hub,
    )


def _checkpoints(d: Devices) -> AuditCheckpoints:
    return AuditCheckpoints(
        database=d.database, chains=d.chains, key=d.audit_key, file=d.checkpoint_file, clock=d.clock
    )


def _audit_exports(d: Devices, audit_log: AuditLog, audit: Audit, checkpoints: AuditCheckpoints) -> AuditExports:
    return AuditExports(
        database=d.database,
        log=audit_log,
        audit=audit,
        chains=d.chains,
        checkpoints=checkpoints,
        key=d.audit_key,
        clock=d.clock,
    )


def _upkeep(d: Devices, *, recheck: LiveRecheck, presence: Presence, people: People, oversight: Oversight) -> Upkeep:
    return Upkeep(
        database=d.database,
        hub=d.hub,
        live=d.live,
        recheck=recheck,
        presence=presence,
        organizations=people.organizations,
        inactivity=people.inactivity,
        oversight=oversight,
        clock=d.clock,
    )


def _oidc(d: Devices, login: Login, config: Config) -> Oidc:
    return Oidc(
        providers=d.identity_providers,
        login=login,
        sealer=d.sealer,
        clock=d.clock,
        ids=d.ids,
        redirect_base_url=config.oidc_redirect_base_url,
        console=config.frontend_url,
    )


def _enrolment(d: Devices, audit: Audit, api_keys: ApiKeys) -> Enrolments:
    by_key = KeyEnrolments(database=d.database, api_keys=api_keys, audit=audit, clock=d.clock, ids=d.ids)
    return Enrolments(database=d.database, audit=audit, clock=d.clock, by_key=by_key)


def _presence(clock: Clock, config: Config) -> Presence:
    return Presence(
        clock=clock,
        offline_timeout=timedelta(seconds=config.offline_timeout_s),
        grace=timedelta(seconds=config.offline_grace_s),
    )


def _verification(d: Devices, audit: Audit, letters: Letters, config: Config) -> EmailVerification:
    return EmailVerification(
        database=d.database, letters=letters, audit=audit, clock=d.clock, ids=d.ids, public_url=config.public_url
    )


def _accounts(d: Devices, audit: Audit, verification: EmailVerification, config: Config) -> Accounts:
    return Accounts(
        database=d.database,
        passwords=d.passwords,
        sealer=d.sealer,
        audit=audit,
        clock=d.clock,
        ids=d.ids,
        verification=verification,
        signup_enabled=config.signup_enabled,
        password_min_length=config.password_min_length,
    )


def _api_keys(d: Devices, audit: Audit, standing: Standing, recheck: LiveRecheck) -> ApiKeys:
    return ApiKeys(
        database=d.database,
        standing=standing,
        sealer=d.sealer,
        audit=audit,
        recheck=recheck,
        hub=d.hub,
        clock=d.clock,
        ids=d.ids,
    )


def _auth(d: Devices, api_keys: ApiKeys, logins: Logins, config: Config) -> Auth:
    return Auth(
        api_keys=api_keys,
        database=d.database,
        standing=api_keys.standing,
        tokens=d.tokens,
        sealer=d.sealer,
        audit=api_keys.audit,
        family=RefreshFamily(database=d.database, clock=d.clock),
        logins=logins,
        clock=d.clock,
        lifetime_s=config.jwt_expiry_hours * 3600,
        chain_lifetime_s=config.refresh_chain_days * 24 * 3600,
    )


def _machines(
    d: Devices, audit: Audit, *, rights: Rights, presence: Presence, recheck: LiveRecheck, config: Config
) -> Machines:
    return Machines(
        database=d.database,
        rights=rights,
        presence=presence,
        hub=d.hub,
        audit=audit,
        recheck=recheck,
        clock=d.clock,
        ids=d.ids,
        enrolment_lifetime=timedelta(hours=config.enrolment_hours),
    )


def _commands(d: Devices, audit: Audit, rights: Rights, recheck: LiveRecheck, config: Config) -> Commands:
    results = CommandResults(database=d.database, rights=rights, live=d.live, writer=d.writer, clock=d.clock)
    return Commands(
        rights=rights,
        gate=build_gate(d, config, audit),
        live=d.live,
        recheck=recheck,
        hub=d.hub,
        audit=audit,
        writer=d.writer,
        asides=CommandAsides(hub=d.hub),
        results=results,
        verify=d.identity.verify,
        background=d.background,
        clock=d.clock,
        ids=d.ids,
    )


def _fleet_commands(
    d: Devices, audit: Audit, rights: Rights, standing: Standing, *, commands: Commands, config: Config
) -> FleetCommands:
    records = RunRecords(database=d.database, most_of_a_user=config.max_runs_per_user)
    tools = RunTools(
        records=records,
        commands=commands,
        standing=standing,
        at_once=trio.CapacityLimiter(LANES_AT_ONCE),
        clock=d.clock,
        ids=d.ids,
    )
    return FleetCommands(
        targets=RunTargets(database=d.database, rights=rights, most=config.max_machines_per_run),
        records=records,
        tools=tools,
        audit=audit,
        clock=d.clock,
        ids=d.ids,
    )


def _terminals(d: Devices, audit: Audit, rights: Rights, recheck: LiveRecheck) -> Terminals:
    return Terminals(
        database=d.database,
        rights=rights,
        live=d.live,
        recheck=recheck,
        hub=d.hub,
        audit=audit,
        writer=d.writer,
        clock=d.clock,
        ids=d.ids,
    )
