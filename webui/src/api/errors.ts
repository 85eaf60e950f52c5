/** What the console shows when the relay refuses: the relay's own words and the status, never a stack. */

/** A refused or failed request. `status` is the HTTP status, 0 when no answer came. */
export class ApiError extends Error {
  readonly status: number;
  constructor(message: string, status: number) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
  }
}

/** The one refusal that belongs at the field of one's present password. */
export function isAboutPassword(error: unknown): boolean {
  return error instanceof ApiError && error.status === 400 && error.message.startsWith('Current password');
}

/** The text to show for anything that was thrown. */
export function errorText(error: unknown): string {
  return error instanceof Error && error.message ? error.message : 'Something went wrong';
}
