/** How somebody proved who they were when they signed in. */
const PROVIDERS: Record<string, string> = { github: 'GitHub', microsoft: 'Microsoft' };

export function methodName(method: string): string {
  const [kind = '', provider] = method.split(':');
  if (kind === 'oidc' && provider !== undefined) return `with ${PROVIDERS[provider] ?? provider}`;
  return kind === 'password' ? 'with the password' : kind;
}
