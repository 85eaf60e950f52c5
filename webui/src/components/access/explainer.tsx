/** Why may X open Y? Asked about anybody by administrators, about oneself by everybody. */
import { Select } from '@mantine/core';
import { IconCircleCheck, IconCircleX } from '@tabler/icons-react';
import { useId, useState } from 'react';
import { useExplanation } from '@/api/explanations';
import type { AccessExplanation, Machine } from '@/api/types';
import { useUsers } from '@/api/users';
import { Reasons } from '@/components/access/reasons';
import { Failure, Loading } from '@/components/states';
import { isAdmin, useUser } from '@/lib/session';

export function Explainer({ machine }: { machine: Machine }) {
  const user = useUser();
  const may = isAdmin(user) || machine.owner_id === user.id;
  const heading = useId();
  const people = useUsers(isAdmin(user)).data ?? [];
  const [userId, setUserId] = useState(isAdmin(user) ? '' : user.id);
  return (
    <section className="panel card explainer" aria-labelledby={heading}>
      <h2 id={heading}>{may ? `Why may somebody open ${machine.name}?` : `Why may I open ${machine.name}?`}</h2>
      {isAdmin(user) ? <Select aria-label="Person to explain" placeholder="Choose a person" searchable clearable limit={50} nothingFoundMessage="No such person" data={people.map((each) => ({ value: each.id, label: `${each.username} (${each.email})` }))} value={userId === '' ? null : userId} onChange={(id) => setUserId(id ?? '')} /> : null}
      {userId === '' ? null : <Answer agentId={machine.agent_id} userId={userId} />}
    </section>
  );
}

function Answer({ agentId, userId }: { agentId: string; userId: string }) {
  const { data, error, refetch } = useExplanation(agentId, userId);
  if (error !== null) return <Failure error={error} retry={() => void refetch()} />;
  if (data === undefined) return <Loading rows={2} label="Looking for reasons" />;
  return <Explanation found={data} />;
}

function Explanation({ found }: { found: AccessExplanation }) {
  const Mark = found.can_open ? IconCircleCheck : IconCircleX;
  return (
    <div className="explanation" role="status">
      <p className={found.can_open ? 'verified-good' : 'verified-bad'}><Mark size={17} aria-hidden="true" />{found.sentence}</p>
      {found.reasons.length === 0 ? null : <Reasons reasons={found.reasons} />}
      {found.obstacles.length === 0 ? null : <><h3>{found.can_open ? 'Worth knowing' : 'In the way'}</h3><ul className="reasons">{found.obstacles.map((obstacle) => <li key={obstacle}>{obstacle}</li>)}</ul></>}
    </div>
  );
}
