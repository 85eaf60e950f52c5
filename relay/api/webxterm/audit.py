"""`/api/audit*` and the key that signs its checkpoints: who did what, and the proof that nobody changed it since."""

from typing import Annotated, Any, Literal

from msgspec import Struct, field

from relay.api.fields import line
from relay.api.routing import Call, Nothing, Reply, Route
from relay.api.webxterm.common import (
    Counts,
    Limit,
    PageNumber,
    Tenant,
    TimeBound,
    counts,
    read_moment,
    timestamp,
)
from relay.domain.access import Permission
from relay.domain.audit import AuditRow
from relay.domain.audit_chain import Fault, Kind
from relay.domain.paging import PageRequest, page_request
from relay.services.audit_log import AuditFilter

AUDIT_LIMIT = 50
CSV = "text/csv; charset=utf-8"
JSON_LINES = "application/x-ndjson"


class AuditView(Struct, kw_only=True):
    """One entry. `seq` and `hash` are null for entries older than the chain."""

    id: str
    user_id: str
    username: str
    tenant_id: str
    action: str
    category: str
    severity: str
    resource: str
    resource_id: str
    ip_address: str
    user_agent: str
    source: str
    status: str
    timestamp: str
    details: dict[str, Any]
    seq: int | None
    hash: str | None


class AuditList(Counts, kw_only=True):
    """Entries, newest first."""

    logs: list[AuditView]


class AuditQuery(Struct, kw_only=True):
    """Which entries; `from` and `to` are times or dates, both inclusive. `machine` is an agent id."""

    user_id: Annotated[str, line(0, 24)] = ""
    action: Annotated[str, line(0, 50)] = ""
    category: Annotated[str, line(0, 20)] = ""
    severity: Annotated[str, line(0, 20)] = ""
    resource: Annotated[str, line(0, 30)] = ""
    status: Annotated[str, line(0, 20)] = ""
    source: Annotated[str, line(0, 20)] = ""
    ip: Annotated[str, line(0, 45)] = ""
    username: Annotated[str, line(0, 100)] = ""
    machine: Annotated[str, line(0, 24)] = ""
    email: Annotated[str, line(0, 254)] = ""
    q: Annotated[str, line(0, 200)] = ""
    since: TimeBound = field(default="", name="from")
    until: TimeBound = field(default="", name="to")
    tenant_id: Tenant = ""
    format: Literal["json", "csv", "jsonl"] = "json"
    page: PageNumber | None = None
    limit: Limit | None = None

    def wanted(self) -> AuditFilter:
        """As the services want it. Raises Invalid."""
        names = ("user_id", "action", "category", "severity", "resource", "status", "source", "ip", "username",
                 "machine", "email", "q")  # fmt: skip
        return AuditFilter(
            since=read_moment(self.since, field="from"),
            until=read_moment(self.until, field="to", whole_day=True),
            **{name: getattr(self, name) for name in names},
        )

    def paging(self) -> PageRequest:
        """The last 50 unless asked otherwise."""
        return page_request(self.page or 1, self.limit or AUDIT_LIMIT)


class TenantQuery(Struct, kw_only=True):
    """Whose trail; another one than one's own is a super admin's to ask for."""

    tenant_id: Tenant = ""


class CheckpointQuery(TenantQuery, kw_only=True):
    """Whose checkpoints, and which page of them."""

    page: PageNumber | None = None
    limit: Limit | None = None


class AuditTenant(Struct):
    """An organization whose entries one may read."""

    tenant_id: str
    tenant_name: str


class AuditTenants(Struct):
    """Organizations by name."""

    tenants: list[AuditTenant]


class FaultView(Struct):
    """The first place where the trail is not what was written; `position` is the entry's `seq`."""

    position: int
    id: str
    kind: Kind
    text: str


class Verification(Struct, kw_only=True):
    """`rows` and `checkpoints` were found sound; `earlier` entries are older than the chain and not covered by it."""

    ok: bool
    tenant_id: str
    rows: int
    checkpoints: int
    last_seq: int
    last_hash: str
    earlier: int
    first_fault: FaultView | None


class CheckpointView(Struct, kw_only=True):
    """The relay's signed word that entry `seq` had this hash at this time (docs/audit.md)."""

    tenant_id: str
    seq: int
    hash: str
    time: str
    kid: str
    signature: str


class CheckpointList(Counts, kw_only=True):
    """Checkpoints, newest first."""

    checkpoints: list[CheckpointView]


class Jwk(Struct, kw_only=True):
    """An Ed25519 public key (RFC 8037)."""

    kty: str
    crv: str
    x: str
    kid: str
    use: str
    alg: str


class Jwks(Struct):
    """The keys that sign audit checkpoints and exports."""

    keys: list[Jwk]


async def list_audit(call: Call[Nothing]) -> AuditList | Reply:
    query: AuditQuery = call.query
    if query.format != "json":
        return await _export(call, query)
    page = await call.services.audit_log.page(call.actor, query.wanted(), query.tenant_id, query.paging())
    return AuditList(logs=[_view(each) for each in page.items], **counts(page))


async def _export(call: Call[Nothing], query: AuditQuery) -> Reply:
    form = query.format
    parts = await call.services.audit_exports.export(call.actor, query.wanted(), query.tenant_id, form)
    name = f"audit-{query.tenant_id or call.actor.tenant_id}.{form}"
    return Reply(
        content=parts,
        media_type=CSV if form == "csv" else JSON_LINES,
        headers={"content-disposition": f'attachment; filename="{name}"'},
    )


async def list_audit_tenants(call: Call[Nothing]) -> AuditTenants:
    found = await call.services.audit_log.tenants(call.actor)
    return AuditTenants([AuditTenant(tenant_id=each.tenant_id, tenant_name=each.name) for each in found])


async def verify_audit(call: Call[Nothing]) -> Verification:
    report = await call.services.audit_verification.verify(call.actor, call.query.tenant_id)
    return Verification(
        ok=report.fault is None,
        tenant_id=report.tenant_id,
        rows=report.rows,
        checkpoints=report.checkpoints,
        last_seq=report.head.seq,
        last_hash=report.head.hash,
        earlier=report.earlier,
        first_fault=None if report.fault is None else _fault(report.fault),
    )


async def list_audit_checkpoints(call: Call[Nothing]) -> CheckpointList:
    query: CheckpointQuery = call.query
    asked = page_request(query.page or 1, query.limit or AUDIT_LIMIT)
    page = await call.services.audit_checkpoints.page(call.actor, query.tenant_id, asked)
    return CheckpointList(checkpoints=[CheckpointView(**each.shown()) for each in page.items], **counts(page))


async def published_keys(call: Call[Nothing]) -> Jwks:
    return Jwks([Jwk(**each) for each in call.services.audit_checkpoints.key.published])


def _fault(fault: Fault) -> FaultView:
    return FaultView(position=fault.position, id=fault.id, kind=fault.kind, text=fault.text)


def _view(row: AuditRow) -> AuditView:
    return AuditView(
        id=row.id,
        user_id=row.user_id,
        username=row.username,
        tenant_id=row.tenant_id,
        action=row.action,
        category=row.category,
        severity=row.severity,
        resource=row.resource,
        resource_id=row.resource_id,
        ip_address=row.ip_address,
        user_agent=row.user_agent,
        source=row.source,
        status=row.status,
        timestamp=timestamp(row.timestamp),
        details=row.details,
        seq=row.seq,
        hash=row.hash,
    )


ROUTES = (
    Route("GET", "/api/audit", permission=Permission.VIEW_AUDIT, view=list_audit, query=AuditQuery, answer=AuditList,
          other_media_types=("text/csv", JSON_LINES), summary="Who did what; with `format`, as a file",
          refusals=(503,)),
    Route("GET", "/api/audit/tenants", permission=Permission.VIEW_AUDIT, view=list_audit_tenants, answer=AuditTenants,
          summary="Whose audit log one may read"),
    Route("GET", "/api/audit/verify", permission=Permission.VIEW_AUDIT, view=verify_audit, query=TenantQuery,
          answer=Verification, summary="Is the audit log what was written", refusals=(429,)),
    Route("GET", "/api/audit/checkpoints", permission=Permission.VIEW_AUDIT, view=list_audit_checkpoints,
          query=CheckpointQuery, answer=CheckpointList, summary="Signed states of the audit log"),
    Route("GET", "/.well-known/jwks.json", permission=Permission.PUBLIC, view=published_keys, answer=Jwks,
          summary="The public keys that sign the audit log's checkpoints"),
)  # fmt: skip
