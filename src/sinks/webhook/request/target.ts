import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { parseUrl } from '../../../lib/http-url.ts';
import type { Prefix } from '../../../bgp/prefix.ts';
import { mayBeAllowed, refusalOf } from './address-guard.ts';
import { errorText } from './error-text.ts';
import { canonicalAddress } from '../../../bgp/prefix.ts';

/** The allowed targets. By default: https on ports 443 and 8443, to public addresses. */
export interface TargetRules {
  /** Allows plain http. @default false */
  readonly http: boolean;
  /** @default 443 and 8443; with http also 80 and 8080 */
  readonly ports: readonly number[] | undefined;
  /** Own networks that are allowed; see `refusalOf`. */
  readonly allow: readonly Prefix[];
}

/** A URL that follows the rules. Its host may be a name that is not resolved yet. */
export interface Target {
  readonly url: URL;
  readonly isTls: boolean;
  readonly port: number;
  /** Without brackets. */
  readonly host: string;
}

/** An allowed URL, or why it is refused. */
export type ParsedTarget =
  { readonly ok: true; readonly target: Target } | { readonly ok: false; readonly reason: string };

/** A URL with its resolved, allowed addresses, or why it is refused. */
export type VettedTarget =
  /** In the order in which they were resolved; never empty. Connect only to these. */
  | { readonly ok: true; readonly addresses: readonly string[] }
  /** `unresolved`: there is no address now. `refused`: an address is not allowed. */
  | { readonly ok: false; readonly why: 'unresolved' | 'refused'; readonly reason: string };

/**
 * All addresses of a name. Rejects if there are none. Called once per attempt, so that a second answer cannot differ.
 */
export type Resolver = (name: string) => Promise<readonly string[]>;

const MOST_CHARACTERS = 2048;

const PASSWORD = 'holds a user name or a password: use a header from a file';

const TLS_PORTS: readonly number[] = [443, 8443];
const PLAIN_PORTS: readonly number[] = [80, 8080];

/** The machine's own resolver: hosts file and name servers. */
export const systemResolver: Resolver = async (name) => {
  const found = await lookup(name, { all: true, order: 'verbatim' });
  return found.map(({ address }) => address);
};

/**
 * Reads a URL and checks it. An address in the URL is checked here, because it is never resolved. WHATWG's parser has
 * already turned `2130706433`, `0x7f.1` and the like into the usual form.
 */
export function parseTarget(text: string, rules: TargetRules): ParsedTarget {
  const fault = textFault(text);
  if (fault !== undefined) return { ok: false, reason: fault };
  const url = parseUrl(text);
  if (url === undefined) return { ok: false, reason: 'is not a URL' };
  const isTls = url.protocol === 'https:';
  const port = Number(url.port === '' ? (isTls ? 443 : 80) : url.port);
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const reason = userFault(url) ?? schemeFault(url, rules) ?? portFault(port, rules) ?? hostFault(host, rules);
  return reason === undefined ? { ok: true, target: { url, isTls, port, host } } : { ok: false, reason };
}

/** Resolves a target. Every address must be allowed: a name with one forbidden address is a mistake or an attack. */
export async function vetTarget({ host }: Target, rules: TargetRules, resolve: Resolver): Promise<VettedTarget> {
  if (isIP(host) !== 0) return vetted([host], rules);
  try {
    return vetted(await resolve(host), rules);
  } catch (error) {
    return { ok: false, why: 'unresolved', reason: `the name ${host} cannot be resolved: ${errorText(error)}` };
  }
}

/** For logs and errors: scheme, host and port. The rest may be a secret, as in every chat's webhook URL. */
export function shownUrl(text: string): string {
  const url = parseUrl(text);
  if (url === undefined) return '[no URL]';
  const { protocol, host, pathname, search } = url;
  return `${protocol}//${host}/${pathname === '/' && search === '' ? '' : '…'}`;
}

function vetted(addresses: readonly string[], { allow }: TargetRules): VettedTarget {
  const canonical = [...new Set(addresses.map((address) => canonicalAddress(address) ?? address))];
  const refusal = canonical.map((address) => addressFault(address, allow)).find((reason) => reason !== undefined);
  if (refusal !== undefined) return { ok: false, why: 'refused', reason: refusal };
  if (canonical.length === 0) return { ok: false, why: 'unresolved', reason: 'the name has no address' };
  return { ok: true, addresses: canonical };
}

/** Checked before parsing: the parser drops line breaks and tabs, and reads a backslash as a slash. */
function textFault(text: string): string | undefined {
  if (text.length > MOST_CHARACTERS) return `is longer than ${MOST_CHARACTERS} characters`;
  if (/[\p{Cc}\p{Cf}\p{Z}\\]/u.test(text)) return 'holds a space, a control character or a backslash';
  // At least one character: in `https:///user@host` the parser skips the third slash, and finds a user name.
  const authority = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]+)/i.exec(text)?.[1];
  if (authority === undefined) return 'is not a URL with a scheme and a host, such as https://example.org/hook';
  return authority.includes('@') ? PASSWORD : undefined;
}

function userFault({ username, password }: URL): string | undefined {
  return username === '' && password === '' ? undefined : PASSWORD;
}

function schemeFault({ protocol }: URL, { http }: TargetRules): string | undefined {
  if (protocol === 'https:' || (protocol === 'http:' && http)) return undefined;
  return protocol === 'http:'
    ? 'is http: --http allows that, in YAML http: true'
    : `has the scheme ${protocol} not https:`;
}

function portFault(port: number, { http, ports }: TargetRules): string | undefined {
  const allowed = ports ?? (http ? [...TLS_PORTS, ...PLAIN_PORTS] : TLS_PORTS);
  return allowed.includes(port)
    ? undefined
    : `has the port ${port}; allowed are ${allowed.join(', ')} (--port allows others, in YAML ports)`;
}

function hostFault(host: string, { allow }: TargetRules): string | undefined {
  if (host === '') return 'has no host';
  return isIP(host) === 0 ? undefined : addressFault(host, allow);
}

/** The reason for a refused address, in the URL or resolved from its name, and what would allow it. */
function addressFault(address: string, allow: readonly Prefix[]): string | undefined {
  const refusal = refusalOf(address, allow);
  if (refusal === undefined || !mayBeAllowed(address)) return refusal;
  return `${refusal} (--allow opens a network of your own, in YAML allow)`;
}
