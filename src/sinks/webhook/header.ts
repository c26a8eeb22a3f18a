import { REFERENCE } from './spelling.ts';

/** These are HTTP's own, or ours. */
const RESERVED =
  /^(?:host|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|content-.*|proxy-.*|webhook-.*)$/;

/** What is called so holds a password, which has no place in a configuration. */
const SECRET = /^(?:authorization|cookie)$|token|secret|password|api-?key|signature/;

/** What is wrong with a header of one's own. @param value `undefined` when it is kept elsewhere */
export function headerFault(name: string, value: string | undefined): string | undefined {
  const lower = name.toLowerCase();
  if (!/^[a-z0-9!#$%&'*+.^_`|~-]{1,64}$/.test(lower)) return 'is not a name of a header';
  if (RESERVED.test(lower)) return 'is set by HTTP or by this program';
  if (value === undefined) return undefined;
  return SECRET.test(lower) ? `may hold a secret: say where it is kept, ${REFERENCE}` : headerValueFault(value);
}

/** What cannot be sent as the value of a header; also asked of what a file or a variable held. */
export function headerValueFault(value: string): string | undefined {
  return /^[\x21-\x7e](?:[\t\x20-\x7e]{0,4094}[\x21-\x7e])?$/.test(value)
    ? undefined
    : 'is not a value of a header: 1 to 4096 printable ASCII characters on one line';
}
