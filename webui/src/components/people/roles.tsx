/** What each role may do: those of the console above, those on machines below. */
import { useRoles } from '@/api/roles';
import type { RoleCard } from '@/api/types';
import { Failure, Loading } from '@/components/states';

const KINDS = [
  { type: 'portal', title: 'In the console', text: 'Each account has one of these.' },
  { type: 'machine', title: 'On a machine', text: 'A grant or a group says which; where it does not, the account does.' },
] as const;

export function Roles() {
  const { data, error, refetch } = useRoles();
  if (error !== null) return <Failure error={error} retry={() => void refetch()} />;
  if (data === undefined) return <div className="panel"><Loading label="Loading roles" /></div>;
  return KINDS.map(({ type, title, text }) => (
    <section key={type} className="role-kind" aria-label={title}>
      <h2>{title}</h2>
      <p className="dimmed">{text}</p>
      <div className="two-columns">{data.filter((role) => role.type === type).map((role) => <Card key={role.id} role={role} />)}</div>
    </section>
  ));
}

function Card({ role }: { role: RoleCard }) {
  return (
    <article className="panel card role-card">
      <h3>{role.display_name}</h3>
      <p className="dimmed">{role.description}</p>
      <ul>{role.permissions.map((permission) => <li key={permission}>{words(permission)}</li>)}</ul>
    </article>
  );
}

/** `manage_all_users` as a person reads it. */
function words(permission: string): string {
  const text = permission.replaceAll('_', ' ').replace('execute sudo', 'run sudo').replace('execute user', 'run user').replace(' org ', ' organization ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}
