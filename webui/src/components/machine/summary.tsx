/** How a machine is, and what is known about it. */
import type { ReactNode } from 'react';
import type { Machine } from '@/api/types';
import { Ago } from '@/components/ago';
import { Tags } from '@/components/machines/tags';
import { levelOf, Meter } from '@/components/meter';
import { duration, moment, rate } from '@/lib/format';

export function MachineSummary({ machine }: { machine: Machine }) {
  return (
    <div className="summary">
      <Health machine={machine} />
      <Facts title="System" facts={systemFacts(machine)} />
      <Facts title="Fairlead" facts={relayFacts(machine)} />
      {Object.keys(machine.metadata).length > 0 ? <Facts title="Metadata" facts={Object.entries(machine.metadata)} /> : null}
    </div>
  );
}

const HEALTH = { good: 'Healthy', warning: 'Needs a look', critical: 'Critical' } as const;

function Health({ machine }: { machine: Machine }) {
  const shares = [['CPU', machine.cpu_percent], ['Memory', machine.memory_percent], ['Disk', machine.disk_percent]] as const;
  const known = shares.flatMap(([, percent]) => (percent === null ? [] : [percent]));
  const stale = machine.status !== 'online';
  const level = levelOf(Math.max(0, ...known));
  return (
    <section className="panel card" aria-labelledby="health-title">
      <h2 id="health-title">Health</h2>
      <p className="health-word" data-level={stale || known.length === 0 ? undefined : level}>
        {known.length === 0 ? 'No figures yet' : stale ? 'Last known figures' : HEALTH[level]}
      </p>
      <div className="health-meters">{shares.map(([label, percent]) => <Meter key={label} label={label} percent={percent} stale={stale} showLabel />)}</div>
      <Rows facts={[
        ['Network in', machine.network_rx_bytes === null ? '–' : rate(machine.network_rx_bytes)],
        ['Network out', machine.network_tx_bytes === null ? '–' : rate(machine.network_tx_bytes)],
        ['Up for', machine.uptime_seconds === null ? '–' : duration(machine.uptime_seconds * 1000)],
      ]} />
    </section>
  );
}

type Fact = readonly [string, ReactNode];

function Facts({ title, facts }: { title: string; facts: readonly Fact[] }) {
  return <section className="panel card"><h2>{title}</h2><Rows facts={facts} /></section>;
}

function Rows({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl className="facts">
      {facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value === '' ? '–' : value}</dd></div>)}
    </dl>
  );
}

const mono = (text: string): ReactNode => (text ? <span className="mono">{text}</span> : '–');

function sudoWords({ linux_user, allow_sudo, agent_version }: Machine): string {
  if (agent_version === '') return '–';
  if (linux_user === 'root') return 'No need: shells here are root’s';
  return allow_sudo ? 'Allowed for people with the sudo role' : 'Never, by the agent’s own setting';
}

function systemFacts(machine: Machine): Fact[] {
  return [
    ['Host name', mono(machine.hostname)],
    ['Address', mono((machine.ip_addresses.length > 0 ? machine.ip_addresses : [machine.ip_address]).join(', '))],
    ['System', [machine.os, machine.arch].filter(Boolean).join(' · ')],
    ['Shells run as', mono(machine.linux_user)],
    ['Sudo', sudoWords(machine)],
  ];
}

function relayFacts(machine: Machine): Fact[] {
  return [
    ['Last seen', <Ago key="seen" at={machine.last_active} never="never" />],
    ['Agent', machine.agent_version ? `version ${machine.agent_version}` : 'not connected yet'],
    ['Agent id', mono(machine.agent_id)],
    ['Added', machine.created_at ? moment(machine.created_at) : '–'],
    ['Tags', machine.tags.length > 0 ? <Tags key="tags" tags={machine.tags} /> : '–'],
  ];
}
