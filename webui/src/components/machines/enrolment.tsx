/** The command that brings a machine in, and a live line that turns into "Connect" when it arrives. */
import { Button, Loader, Tabs } from '@mantine/core';
import { IconCircleCheckFilled } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useMachine } from '@/api/machines';
import type { NewMachine } from '@/api/types';
import { Until } from '@/components/ago';
import { Connect } from '@/components/connect';
import { Copyable } from '@/components/copyable';
import { Failure } from '@/components/states';
import { manualSteps } from '@/lib/install';

export function Enrolment({ created, another }: { created: NewMachine; another: () => void }) {
  return (
    <section className="panel form-panel" aria-labelledby="enrolment-title">
      <h2 id="enrolment-title">Run this on {created.name}</h2>
      <p className="dimmed">
        The token works once and is shown only here{created.registration_expires_at ? <>; it ends <Until at={created.registration_expires_at} /></> : null}.
        The machine only ever dials out: no port to open.
      </p>
      <Tabs defaultValue="one" keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="one">One line</Tabs.Tab>
          <Tabs.Tab value="steps">Step by step</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="one" pt="sm"><Copyable text={created.install_command} label="Install command" prominent /></Tabs.Panel>
        <Tabs.Panel value="steps" pt="sm"><Copyable text={manualSteps(created, window.location.origin)} label="Install step by step" /></Tabs.Panel>
      </Tabs>
      <Arrival created={created} />
      <div className="row">
        <Button variant="subtle" size="compact-sm" onClick={another}>Add another</Button>
        <Button variant="subtle" size="compact-sm" component={Link} to="/machines">To the machines</Button>
      </div>
    </section>
  );
}

function Arrival({ created }: { created: NewMachine }) {
  const { data, error } = useMachine(created.agent_id, true);
  const arrived = data?.status === 'online';
  return (
    <div className="arrival" data-arrived={arrived || undefined}>
      <span role="status" className="arrival-text">
        {arrived
          ? <><IconCircleCheckFilled size={18} aria-hidden="true" /><span><strong>{data.name}</strong> is online{data.os ? ` – ${data.os}` : ''}</span></>
          : <><Loader size={16} type="oval" aria-hidden="true" />Waiting for your machine to connect…</>}
      </span>
      {arrived ? <Connect agentId={data.agent_id} name={data.name} status={data.status} prominent /> : null}
      {arrived ? <Button variant="default" component={Link} to="/machines/$agentId" params={{ agentId: data.agent_id } as never}>Its page</Button> : null}
      {error === null ? null : <Failure error={error} />}
    </div>
  );
}
