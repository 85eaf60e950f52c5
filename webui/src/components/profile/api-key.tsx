/** The account key, for scripts and command lines: masked until asked for. */
import { Button } from '@mantine/core';
import { IconEye, IconEyeOff, IconRefresh } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { newKey, revealKey } from '@/api/profile';
import { confirm, showDone, showError } from '@/components/confirm';
import { Copyable } from '@/components/copyable';

const MASKED = `fl_ak_${'•'.repeat(24)}`;

export function ApiKey() {
  const reveal = useMutation({ mutationFn: revealKey, onError: showError, gcTime: 0 });
  const renew = useMutation({ mutationFn: newKey, gcTime: 0 });
  const shown = renew.data ?? reveal.data;
  const hide = () => {
    reveal.reset();
    renew.reset();
  };
  const ask = () => confirm({
    title: 'Make a new API key?',
    text: 'The old key stops working at once. Scripts and command lines that use it are refused until they have the new one, and machines that were enrolled with it disconnect and have to be enrolled again.',
    verb: 'Make a new key',
    act: () => renew.mutateAsync(),
    done: () => showDone('The new key counts from now on'),
  });
  return (
    <section className="panel card" aria-labelledby="api-key">
      <h2 id="api-key">API key</h2>
      <p className="card-lead dimmed">Acts as you over the API, with your rights, from wherever it is used. It asks for no second factor: keep it like a password.</p>
      {shown === undefined ? <div className="copyable"><pre><code>{MASKED}</code></pre></div> : <Copyable text={shown} label="Your API key" />}
      <div className="row card-end">
        {shown === undefined
          ? <Button variant="default" leftSection={<IconEye size={16} />} loading={reveal.isPending} onClick={() => reveal.mutate()}>Show</Button>
          : <Button variant="default" leftSection={<IconEyeOff size={16} />} onClick={hide}>Hide</Button>}
        <Button variant="default" leftSection={<IconRefresh size={16} />} onClick={ask}>Make a new key…</Button>
      </div>
    </section>
  );
}
