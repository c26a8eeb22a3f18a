import { codeOf, refusal } from '../../src/lib/errno.ts';

/** Request Timeout, Too Early, Too Many Requests (RFC 9110, RFC 8470, RFC 6585): the same request may succeed later. */
const LATER: ReadonlySet<number> = new Set([408, 425, 429]);

/** Not Implemented: the server does not know what was asked, and will not know it later either. */
const UNKNOWN = 501;

/** Whether a failure of this status may pass, so that another try may help. */
export function isPassing(status: number): boolean {
  return (status >= 500 && status !== UNKNOWN) || LATER.has(status);
}

/** Why a request failed, in words. `fetch` says only "fetch failed"; the reason is its cause. */
export function fetchFault(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  // Where all addresses of a host failed, the cause has only a code.
  const words = refusal(cause);
  return words === '' ? (codeOf(cause) ?? 'it failed without a reason') : words;
}

/**
 * Reads a body of at most `maxBytes`, counted as unpacked: a small answer may unpack to a huge one.
 *
 * @param onPiece called for each piece that arrives.
 * @returns `undefined`: it is larger, and the rest was not read. @throws what breaks the connection.
 */
export async function bodyOf(
  { body }: Pick<Response, 'body'>,
  maxBytes: number,
  onPiece?: () => void,
): Promise<Buffer | undefined> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body ?? []) {
    onPiece?.();
    bytes += piece.byteLength;
    // Leaving the loop cancels the body.
    if (bytes > maxBytes) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
