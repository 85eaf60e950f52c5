import { afterEach, expect, test, vi } from 'vitest';
import { arrival, broughtBy, setOut } from '@/lib/oauth';

const encoded = (value: unknown) => btoa(String.fromCharCode(...new TextEncoder().encode(JSON.stringify(value)))).replaceAll('+', '-').replaceAll('/', '_');

function storage(): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> {
  const kept = new Map<string, string>();
  return { getItem: (name) => kept.get(name) ?? null, setItem: (name, text) => void kept.set(name, text), removeItem: (name) => void kept.delete(name) };
}

afterEach(() => vi.unstubAllGlobals());

test('a token comes with its flags and the organizations, in any letters', () => {
  const tenants = [{ tenant_id: 'acme', tenant_name: 'Ächme>?', username: 'ada', user_id: '1' }];
  const fragment = new URLSearchParams({ token: '12345', session_token: 's', expires_in: '3600', must_reset_password: 'false', available_tenants: encoded(tenants) });
  expect(broughtBy(`#${fragment}`)).toEqual({ answer: { token: '12345', session_token: 's', expires_in: 3600, must_reset_password: false, available_tenants: tenants } });
});

test('a refusal is the relay’s own words', () => {
  expect(broughtBy('#error=No+account+found+for+this+email')).toEqual({ error: 'No account found for this email' });
});

test('nothing brought is said, and a broken list is no list', () => {
  expect(broughtBy('')).toHaveProperty('error');
  expect(broughtBy('#session_token=s&tenants=%%%')).toEqual({ answer: { session_token: 's', tenants: undefined } });
});

test('only what this tab set out for is taken, once', () => {
  vi.stubGlobal('sessionStorage', storage());
  expect(arrival('#session_token=s&token=t')).toHaveProperty('error');
  setOut('/groups');
  expect(arrival('#session_token=s&token=t')).toEqual({ answer: { session_token: 's', token: 't' }, next: '/groups' });
  expect(arrival('#session_token=s&token=t')).toHaveProperty('error');
});
