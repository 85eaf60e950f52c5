"""The services by which one person decides on what another may do: rules, held commands, requests, explanations."""

from dataclasses import dataclass
from datetime import timedelta

from relay.config import Config
from relay.services.access_requests import AccessRequests
from relay.services.actors import Actors
from relay.services.approvals import Approvals
from relay.services.audit import Audit
from relay.services.command_gate import CommandGate
from relay.services.commands import Commands
from relay.services.devices import Devices
from relay.services.explanations import Explanations
from relay.services.group_rules import GroupRules
from relay.services.groups import Groups
from relay.services.held_commands import HeldCommands
from relay.services.presence import Presence
from relay.services.standing import Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class Oversight:
    """Built together, because they share what waits for approval."""

    group_rules: GroupRules
    held_commands: HeldCommands
    access_requests: AccessRequests
    explanations: Explanations

    async def expire(self) -> None:
        """Settle what nobody decided on in time."""
        await self.held_commands.expire()
        await self.access_requests.expire()


def build_gate(d: Devices, config: Config, audit: Audit) -> CommandGate:
    """What every command passes."""
    pending_for = timedelta(hours=config.approval_hours)
    return CommandGate(database=d.database, audit=audit, clock=d.clock, ids=d.ids, pending_for=pending_for)


def build_oversight(
    d: Devices,
    config: Config,
    *,
    audit: Audit,
    standing: Standing,
    presence: Presence,
    groups: Groups,
    commands: Commands,
) -> Oversight:
    """These services over the devices and those beneath them."""
    actors = Actors(standing=standing, clock=d.clock)
    held = Approvals(database=d.database, clock=d.clock, collection="held_commands", thing="held command")
    asked = Approvals(database=d.database, clock=d.clock, collection="access_requests", thing="access request")
    return Oversight(
        group_rules=GroupRules(database=d.database, groups=groups, audit=audit, clock=d.clock, ids=d.ids),
        held_commands=HeldCommands(
            database=d.database, approvals=held, commands=commands, actors=actors, audit=audit, clock=d.clock
        ),
        access_requests=AccessRequests(
            database=d.database,
            approvals=asked,
            rights=commands.rights,
            standing=standing,
            audit=audit,
            clock=d.clock,
            ids=d.ids,
            pending_for=timedelta(hours=config.approval_hours),
            most_minutes=config.access_request_max_minutes,
        ),
        explanations=Explanations(
            database=d.database, rights=commands.rights, actors=actors, presence=presence, clock=d.clock
        ),
    )
