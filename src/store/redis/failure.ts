/** Why a command failed. Each reason has a sentence below that says what to do. */
export type FailureKind =
  | 'closed'
  | 'timeout'
  | 'tls'
  | 'loading'
  | 'readonly'
  | 'noauth'
  | 'wrongpass'
  | 'noperm'
  | 'database'
  | 'misconf'
  | 'oom'
  | 'noscript'
  | 'nogroup'
  | 'clusterdown'
  | 'busy'
  | 'unconfirmed'
  | 'wrongtype'
  | 'foreign'
  | 'schema'
  | 'too-large'
  | 'other';

const SENTENCES: Readonly<Record<FailureKind, string>> = {
  closed: 'there is no connection: check that the server runs and can be reached',
  timeout: 'it did not answer in time: check whether it is stopped or swapping, or the network is cut',
  tls: 'TLS failed: check that both sides use it, and the name and the CA (?ca=) of the certificate',
  loading: 'it is loading its data: wait until it is done',
  readonly: 'it is a replica: use the address of the master, or redis-sentinel://',
  noauth: 'it needs a password: give user and password in the URL, a file, or the environment',
  wrongpass: 'it refuses this user and password: correct them, or the ACL of the server',
  noperm: 'this user lacks a right: grant the rights that docs/redis.md lists under “ACL user”',
  database: 'it refuses the database of the URL: grant +select, or name another database; nothing was written',
  misconf:
    'it cannot write to its disk: free some space, or check why its append-only file fails; it recovers on its own',
  oom: 'its memory is full: raise maxmemory, or remove other data',
  noscript: 'it does not keep our script: check whether a proxy in between forbids EVAL',
  nogroup: 'a consumer group is gone: create it again at 0, or at its last position',
  clusterdown: 'the cluster does not serve our slot: CLUSTER INFO shows what is down',
  busy: 'it runs a script of another client: wait, or end that script',
  unconfirmed:
    'no replica confirmed the commit in time, as durability=wait requires: check that one is connected and keeps up',
  wrongtype: 'one of our keys has another type: remove it, or give this watch another name',
  foreign: 'keys at our prefix are not ours: remove them, or give this watch another name',
  schema: 'its data was written by another version of this program: use that version, or give this watch another name',
  'too-large': 'the commit is too large: watch fewer territories under one name',
  other: 'it answered with an error',
};

/** Reasons by the first word of an error reply. */
const CODES: Readonly<Record<string, FailureKind>> = {
  LOADING: 'loading',
  READONLY: 'readonly',
  NOAUTH: 'noauth',
  WRONGPASS: 'wrongpass',
  NOPERM: 'noperm',
  MISCONF: 'misconf',
  NOREPLICAS: 'unconfirmed',
  OOM: 'oom',
  NOSCRIPT: 'noscript',
  NOGROUP: 'nogroup',
  CLUSTERDOWN: 'clusterdown',
  MASTERDOWN: 'closed',
  TRYAGAIN: 'clusterdown',
  BUSY: 'busy',
  WRONGTYPE: 'wrongtype',
};

/** Reasons for which waiting does not help: an operator must act. */
const LASTING: ReadonlySet<FailureKind> = new Set([
  'tls',
  'noauth',
  'wrongpass',
  'noperm',
  'database',
  'wrongtype',
  'foreign',
  'schema',
  'too-large',
]);

/** The error of a command that got no proper reply. */
export class RedisFailure extends Error {
  override readonly name = 'RedisFailure';
  readonly kind: FailureKind;
  /** The command may have been executed anyway. All our commands can be repeated without harm. */
  readonly isUnknown: boolean;

  constructor(kind: FailureKind, detail: string, isUnknown = false) {
    super(`Redis: ${SENTENCES[kind]}${detail === '' ? '' : ` (${detail})`}`);
    this.kind = kind;
    this.isUnknown = isUnknown;
  }

  /** Whether waiting may help. */
  get isPassing(): boolean {
    return !LASTING.has(this.kind);
  }
}

/** Messages of ioredis for a command that it did not send. */
const UNSENT = /enableOfflineQueue|^Cluster is ended|^No subscriber/;

/** Messages of ioredis for a broken connection; they carry no other information. */
const BROKEN = /^Connection is closed|max retries per request/;

/**
 * Translates an error of ioredis. Only its message is used: the error object carries the arguments of the command,
 * which may include passwords.
 *
 * @param trouble why there is no connection, if that is known.
 */
export function failureOf(error: unknown, trouble?: RedisFailure): RedisFailure {
  if (error instanceof RedisFailure) return error;
  const { message, code, lastNodeError } = asDetails(error);
  if (lastNodeError !== undefined) return failureOf(lastNodeError);
  if (UNSENT.test(message)) return trouble ?? new RedisFailure('closed', '');

  const kind = kindOf(message, code);
  if (kind === 'closed' && trouble !== undefined && !trouble.isPassing) return trouble;
  const isUnknown = kind === 'closed' || kind === 'timeout';
  return new RedisFailure(kind, BROKEN.test(message) ? '' : shortened(message), isUnknown);
}

function kindOf(message: string, code: string): FailureKind {
  for (const [, word = ''] of message.matchAll(/(?:^|[Ee]rror: )([A-Z]+)\b/g)) {
    const kind = Object.hasOwn(CODES, word) ? CODES[word] : undefined;
    if (kind !== undefined) return kind;
  }
  // The words in which a script reports a missing right.
  if (message.includes('The user executing the script')) return 'noperm';
  // Redis does not read long commands of a client that has not logged in.
  if (message.includes('unauthenticated')) return 'noauth';
  if (/CERT|TLS|SSL|EPROTO|VERIFY/.test(code)) return 'tls';
  if (code === 'ETIMEDOUT' || message === 'Command timed out') return 'timeout';
  if (code !== '' || /closed|max retries per request|Cluster redirections|startup nodes/i.test(message))
    return 'closed';
  if (/Sentinel|socket|Stream/i.test(message)) return 'closed';
  return 'other';
}

function asDetails(error: unknown): {
  readonly message: string;
  readonly code: string;
  readonly lastNodeError?: unknown;
} {
  if (!(error instanceof Error)) return { message: String(error), code: '' };
  const { message, code, lastNodeError } = error as Error & {
    readonly code?: unknown;
    readonly lastNodeError?: unknown;
  };
  return { message, code: typeof code === 'string' ? code : '', lastNodeError };
}

const MAX_DETAIL = 200;

function shortened(message: string): string {
  return message.length <= MAX_DETAIL ? message : `${message.slice(0, MAX_DETAIL)}…`;
}
