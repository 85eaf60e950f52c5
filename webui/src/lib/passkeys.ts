/** Passkeys: between WebAuthn's JSON form, which the relay speaks, and the bytes the browser wants. */

type Json = Record<string, unknown>;

/** What the relay's document calls an object without saying more. */
export type CredentialJson = Record<string, never>;

type Descriptor = { id: string; type: string };

const BASE64 = { '-': '+', _: '/' } as Record<string, string>;

export function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64url.replace(/[-_]/g, (char) => BASE64[char] ?? char));
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

export function base64urlOf(bytes: ArrayBuffer): string {
  const text = btoa(String.fromCharCode(...new Uint8Array(bytes)));
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** Why no passkey can be used at this address; null where one can. */
export function noPasskeysHere(): string | null {
  if (/^[\d.]+$|^\[/.test(location.hostname)) return 'Passkeys need a host name: open the relay under its name instead of an IP address.';
  if (typeof PublicKeyCredential !== 'undefined') return null;
  return isSecureContext ? 'This browser knows no passkeys.' : 'Passkeys need an encrypted connection: open the relay with https.';
}

/** Passkeys belong to the relay's own name: under another one the browser would refuse without saying why. */
export function refuseOtherName(host: string, owner: unknown): void {
  if (typeof owner !== 'string' || host === owner || host.endsWith(`.${owner}`)) return;
  throw new Error(`Passkeys of this relay belong to ${owner}: open the console under that name.`);
}

/** Makes a passkey on this device, its keychain or a security key. Throws Error with a text for people. */
export async function makePasskey(options: Json): Promise<CredentialJson> {
  const { user, challenge, excludeCredentials = [], ...rest } = options as Json & { user: Json & { id: string }; challenge: string; excludeCredentials?: Descriptor[] };
  refuseOtherName(location.hostname, (rest.rp as { id?: unknown } | undefined)?.id);
  const publicKey = { ...rest, challenge: bytesOf(challenge), user: { ...user, id: bytesOf(user.id) }, excludeCredentials: excludeCredentials.map(withBytes) };
  const made = await asked(() => navigator.credentials.create({ publicKey: publicKey as unknown as PublicKeyCredentialCreationOptions }));
  const response = made.response as AuthenticatorAttestationResponse;
  return {
    ...about(made),
    response: { clientDataJSON: base64urlOf(response.clientDataJSON), attestationObject: base64urlOf(response.attestationObject), transports: response.getTransports?.() ?? [] },
  } as unknown as CredentialJson;
}

/** Proves a passkey of the person. Throws Error with a text for people. */
export async function askPasskey(options: Json): Promise<CredentialJson> {
  const { challenge, allowCredentials = [], ...rest } = options as Json & { challenge: string; allowCredentials?: Descriptor[] };
  refuseOtherName(location.hostname, rest.rpId);
  const publicKey = { ...rest, challenge: bytesOf(challenge), allowCredentials: allowCredentials.map(withBytes) };
  const found = await asked(() => navigator.credentials.get({ publicKey: publicKey as unknown as PublicKeyCredentialRequestOptions }));
  const { clientDataJSON, authenticatorData, signature, userHandle } = found.response as AuthenticatorAssertionResponse;
  return {
    ...about(found),
    response: {
      clientDataJSON: base64urlOf(clientDataJSON), authenticatorData: base64urlOf(authenticatorData), signature: base64urlOf(signature),
      userHandle: userHandle === null ? null : base64urlOf(userHandle),
    },
  } as unknown as CredentialJson;
}

function withBytes(descriptor: Descriptor) {
  return { ...descriptor, id: bytesOf(descriptor.id) };
}

function about(credential: PublicKeyCredential): Json {
  return { id: credential.id, rawId: base64urlOf(credential.rawId), type: credential.type, authenticatorAttachment: credential.authenticatorAttachment, clientExtensionResults: credential.getClientExtensionResults() };
}

async function asked(ask: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  const why = noPasskeysHere();
  if (why !== null) throw new Error(why);
  try {
    const found = await ask();
    if (found instanceof PublicKeyCredential) return found;
  } catch (error) {
    throw new Error(refusal(error), { cause: error });
  }
  throw new Error('The browser gave no passkey.');
}

/** Browsers do not say why, so that no site learns which passkeys somebody has. */
function refusal(error: unknown): string {
  const name = error instanceof DOMException ? error.name : '';
  if (name === 'InvalidStateError') return 'This device holds a passkey for this account already.';
  if (name === 'NotAllowedError' || name === 'AbortError') return 'No passkey was used: the question was closed, timed out, or no passkey of yours is on this device.';
  return 'The browser could not use a passkey here.';
}
