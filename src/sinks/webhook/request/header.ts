import { REFERENCE } from './spelling.ts';

/** Headers that HTTP or this program sets. */
const RESERVED =
  /^(?:host|connection|keep-alive|te|trailer|transfer-encoding|upgrade|expect|content-.*|proxy-.*|webhook-.*)$/;

/** A header with such a name holds a password, which does not belong in a configuration. */
const SECRET = /^(?:authorization|cookie)$|token|secret|password|api-?key|signature/;

/** What is wrong with a user's header. @param value `undefined`: the value is in a file or a variable */
export function headerFault(name: string, value: string | undefined): string | undefined {
  const lower = name.toLowerCase();
  if (!/^[a-z0-9!#$%&'*+.^_`|~-]{1,64}$/.test(lower)) return 'is not a name of a header';
  if (RESERVED.test(lower)) return 'is set by HTTP or by this program';
  if (value === undefined) return undefined;
  return SECRET.test(lower) ? `may hold a secret: say where it is stored, ${REFERENCE}` : headerValueFault(value);
}

/** What is wrong with the value of a header; also used for values from a file or a variable. */
export function headerValueFault(value: string): string | undefined {
  return /^[\x21-\x7e](?:[\t\x20-\x7e]{0,4094}[\x21-\x7e])?$/.test(value)
    ? undefined
    : 'is not a value of a header: 1 to 4096 printable ASCII characters on one line';
}
