/** Entries, newest first; each opens to everything that was written about it. */
import { ActionIcon } from '@mantine/core';
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { Fragment, useState } from 'react';
import type { AuditEntry } from '@/api/types';
import { Ago } from '@/components/ago';
import { actionWords, detailLines } from '@/lib/audit';
import { sourceName } from '@/lib/clients';
import { moment } from '@/lib/format';

export function AuditTable({ entries }: { entries: AuditEntry[] }) {
  return (
    <div className="panel table-panel">
      <table className="table">
        <thead><tr><th scope="col" className="opener"><span className="visually-hidden">Details</span></th><th scope="col">When</th><th scope="col">Person</th><th scope="col">What</th><th scope="col" className="wide">About</th><th scope="col" className="wide">From</th></tr></thead>
        <tbody>{entries.map((entry) => <Entry key={entry.id} entry={entry} />)}</tbody>
      </table>
    </div>
  );
}

function Entry({ entry }: { entry: AuditEntry }) {
  const [open, setOpen] = useState(false);
  const Chevron = open ? IconChevronDown : IconChevronRight;
  return (
    <Fragment>
      <tr data-severity={entry.severity}>
        <td className="opener"><ActionIcon variant="subtle" color="gray" aria-expanded={open} aria-label={`Details of ${actionWords(entry.action)} by ${entry.username || 'nobody known'}`} onClick={() => setOpen(!open)}><Chevron size={16} /></ActionIcon></td>
        <td className="nowrap"><Ago at={entry.timestamp} /></td>
        <td className="strong clip">{entry.username || <span className="dimmed">nobody known</span>}</td>
        <td><What entry={entry} /></td>
        <td className="wide dimmed clip">{about(entry)}</td>
        <td className="wide dimmed mono clip">{entry.ip_address}</td>
      </tr>
      {open ? <tr className="details-row"><td /><td colSpan={5}><Details entry={entry} /></td></tr> : null}
    </Fragment>
  );
}

function What({ entry }: { entry: AuditEntry }) {
  const failed = entry.status !== 'success';
  return <span className="what">{actionWords(entry.action)}{failed ? <span className="pill" data-kind="bad">failed</span> : null}{entry.severity === 'critical' ? <span className="pill" data-kind="bad">critical</span> : null}</span>;
}

function about(entry: AuditEntry): string {
  const details = entry.details as Record<string, unknown>;
  const named = ['machine_name', 'name', 'username', 'machine', 'email'].map((field) => details[field]).find((value) => typeof value === 'string' && value !== '');
  return [entry.resource, named ?? entry.resource_id].filter(Boolean).join(' ');
}

function Details({ entry }: { entry: AuditEntry }) {
  const lines: [string, string][] = [
    ['When', moment(entry.timestamp)], ['Action', entry.action], ['About', [entry.resource, entry.resource_id].filter(Boolean).join(' ')],
    ['From', [entry.ip_address, entry.source === '' ? '' : sourceName(entry.source)].filter(Boolean).join(', ')], ['Program', entry.user_agent],
    ...detailLines(entry), ['Place in the chain', entry.seq === null ? 'older than the chain' : String(entry.seq)], ['Hash', entry.hash ?? ''],
  ];
  return <dl className="facts audit-facts">{lines.filter(([, value]) => value !== '').map(([name, value]) => <div key={name}><dt>{name}</dt><dd className={name === 'Hash' ? 'mono' : undefined}>{value}</dd></div>)}</dl>;
}
