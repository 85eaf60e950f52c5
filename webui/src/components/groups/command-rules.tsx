/** Which commands a group's members may send: pass, wait for somebody's word, or be blocked. */
import { ActionIcon, Button, Select, TextInput, Tooltip } from '@mantine/core';
import { IconPlus, IconX } from '@tabler/icons-react';
import { useId, useState } from 'react';
import { useCommandRules, useSaveCommandRules } from '@/api/command-rules';
import type { CommandRules } from '@/api/types';
import { showDone } from '@/components/confirm';
import { Failure, Loading } from '@/components/states';

const ACTIONS = [{ value: 'allow', label: 'Allow' }, { value: 'hold', label: 'Hold for approval' }, { value: 'deny', label: 'Block' }];

export function GroupCommandRules({ groupId, admin }: { groupId: string; admin: boolean }) {
  const heading = useId();
  const { data, error, refetch } = useCommandRules(groupId);
  return (
    <section className="panel card rules" aria-labelledby={heading}>
      <h2 id={heading}>Commands sent over the API{data === undefined || data.rules.length === 0 ? '' : ` (${data.rules.length})`}</h2>
      {error === null ? null : <Failure error={error} retry={() => void refetch()} />}
      {data === undefined ? (error === null ? <Loading rows={2} label="Loading command rules" /> : null) : <Editor key={JSON.stringify(data)} groupId={groupId} saved={data} admin={admin} />}
    </section>
  );
}

type Rule = CommandRules['rules'][number];

function Editor({ groupId, saved, admin }: { groupId: string; saved: CommandRules; admin: boolean }) {
  const save = useSaveCommandRules(groupId);
  const [rules, setRules] = useState<Rule[]>(saved.rules);
  const [standard, setStandard] = useState(saved.default);
  const changed = standard !== saved.default || JSON.stringify(rules) !== JSON.stringify(saved.rules);
  const incomplete = rules.some((rule) => rule.pattern.trim() === '');
  const change = (place: number, part: Partial<Rule>) => setRules(rules.map((rule, at) => (at === place ? { ...rule, ...part } : rule)));
  return (
    <form onSubmit={(event) => { event.preventDefault(); save.mutate({ rules, default: standard }, { onSuccess: () => showDone('The rules hold from now on') }); }}>
      {rules.length === 0 ? null : (
        <ul className="rule-list">
          {rules.map((rule, place) => <li key={rule.id || `new ${place}`}><RuleFields rule={rule} place={place} admin={admin} change={(part) => change(place, part)} remove={() => setRules(rules.filter((_, at) => at !== place))} /></li>)}
        </ul>
      )}
      <div className="rule-end">
        <Select label={rules.length === 0 ? 'Every command' : 'Everything else'} data={ACTIONS} value={standard} disabled={!admin} allowDeselect={false} onChange={(value) => setStandard(value ?? 'allow')} />
        {admin ? <Button variant="default" leftSection={<IconPlus size={16} />} onClick={() => setRules([...rules, { id: '', action: 'hold', pattern: '', note: '' }])}>Add a rule</Button> : null}
        {admin ? <Button type="submit" disabled={!changed || incomplete} loading={save.isPending}>Save rules</Button> : null}
      </div>
      {save.isError ? <Failure error={save.error} /> : null}
      <p className="footnote dimmed">{saved.note}</p>
    </form>
  );
}

function RuleFields({ rule, place, admin, change, remove }: { rule: Rule; place: number; admin: boolean; change: (part: Partial<Rule>) => void; remove: () => void }) {
  const number = place + 1;
  return (
    <div className="rule">
      <Select aria-label={`What rule ${number} does`} data={ACTIONS} value={rule.action} disabled={!admin} allowDeselect={false} onChange={(action) => change({ action: action ?? rule.action })} />
      <TextInput aria-label={`Pattern of rule ${number}`} className="mono-input rule-wide" placeholder="rm *" spellCheck={false} autoCapitalize="none" maxLength={200} readOnly={!admin} value={rule.pattern} onChange={(event) => change({ pattern: event.currentTarget.value })} />
      <TextInput aria-label={`Reason of rule ${number}`} className="rule-wide" placeholder="Why, for whoever meets it" maxLength={200} readOnly={!admin} value={rule.note} onChange={(event) => change({ note: event.currentTarget.value })} />
      {admin ? <Tooltip label="Remove this rule"><ActionIcon variant="subtle" color="gray" className="quiet-icon rule-remove" aria-label={`Remove rule ${number}`} onClick={remove}><IconX size={16} /></ActionIcon></Tooltip> : null}
    </div>
  );
}
