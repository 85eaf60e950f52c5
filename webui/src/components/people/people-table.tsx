/** Accounts in a table; each name leads to its page. */
import { Link } from '@tanstack/react-router';
import type { Person } from '@/api/types';
import { Ago } from '@/components/ago';
import { fullName, roleName } from '@/lib/people';
import { isSudo } from '@/lib/roles';

export function PeopleTable({ people }: { people: Person[] }) {
  return (
    <div className="panel table-panel">
      <table className="table">
        <thead><tr><th scope="col">Person</th><th scope="col" className="wide">E-mail</th><th scope="col">Role</th><th scope="col" className="wide">On machines</th><th scope="col" className="wide">Groups</th><th scope="col">Last signed in</th></tr></thead>
        <tbody>{people.map((person) => <Row key={person.id} person={person} />)}</tbody>
      </table>
    </div>
  );
}

function Row({ person }: { person: Person }) {
  return (
    <tr>
      <td><span className="two-lines"><Link to="/people/$userId" params={{ userId: person.id }} className="machine-name">{fullName(person)}</Link><span className="small dimmed clip">{person.username}</span></span></td>
      <td className="wide clip" title={person.email}>{person.email}{person.email_verified ? null : <div className="small dimmed">not confirmed</div>}</td>
      <td>{person.enabled ? roleName(person.role) : <span className="pill" data-kind="bad">disabled</span>}</td>
      <td className="wide">{isSudo(person.machine_role) ? 'shell and sudo' : 'shell'}</td>
      <td className="wide dimmed clip" title={person.groups.join(', ')}>{person.groups.join(', ') || '–'}</td>
      <td className="nowrap"><Ago at={person.last_login} never="never" /></td>
    </tr>
  );
}
