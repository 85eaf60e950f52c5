/** Where to go after signing in. */

/** Only addresses of this console: a link must not send a freshly signed-in person elsewhere. */
export function safeNext(next: string | undefined): string {
  return next !== undefined && /^\/(?![/\\])/.test(next) && !/^\/(login|password|second-factor|oauth)\b/.test(next) ? next : '/machines';
}
