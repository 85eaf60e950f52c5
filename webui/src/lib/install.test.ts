import { expect, test } from 'vitest';
import { manualSteps, quoted, relayUrl } from '@/lib/install';

test.each([['plain-1.2_x', 'plain-1.2_x'], ['two words', "'two words'"], ["it's; rm -rf /", `'it'\\''s; rm -rf /'`], ['', "''"]])('%s is quoted', (word, expected) => {
  expect(quoted(word)).toBe(expected);
});

test('machines are sent to the address the relay names, not to the one the browser uses', () => {
  expect(relayUrl("curl -fsSL 'https://relay.example.org/install.sh' | sh -s -- --token T", 'http://127.0.0.1:8080')).toBe('https://relay.example.org');
  expect(relayUrl('', 'http://127.0.0.1:8080')).toBe('http://127.0.0.1:8080');
});

test('the steps carry server, token and user', () => {
  const steps = manualSteps({ install_command: 'curl https://r.example/install.sh', registration_token: 'fl_enrol_x', linux_user: 'deploy' }, '');
  expect(steps).toContain('-o /opt/fairlead-agent/agent.pyz https://r.example/agent.pyz');
  expect(steps).toContain('enroll --server https://r.example --token fl_enrol_x --linux-user deploy');
});
