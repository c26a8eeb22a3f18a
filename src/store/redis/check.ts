import { mebibytes } from '../../lib/mebibytes.ts';
/** One result of the check: what was checked, what was found, and what to do. */
export interface Check {
  readonly check:
    'version' | 'role' | 'appendonly' | 'maxmemory-policy' | 'memory' | 'replica' | 'writable' | 'rights' | 'keys';
  /** `refuse`: the store could not keep its guarantees. */
  readonly level: 'ok' | 'warn' | 'refuse';
  /** One line for people. */
  readonly text: string;
  /** Refused because another version of this program wrote the data. */
  readonly isOtherVersion?: boolean;
}

/** What we require of a server. */
export interface Wanted {
  /** Accept a server that may lose data, with a warning. */
  readonly acceptsVolatile: boolean;
  /** A commit counts only when a replica has it. */
  readonly waitsForReplica: boolean;
  /** Number of events that must fit into memory (`--keep-events`). */
  readonly keepEvents?: number | undefined;
}

/** The most memory that an event takes in Redis, measured with hundreds of voters while a country flaps. Octets. */
const EVENT_BYTES = 10_500;

/** A warning is given above this share of the memory that Redis may use. */
const FULL_SHARE = 0.75;

/** The first version with script flags and `redis.acl_check_cmd`, which our scripts need. */
const OLDEST_MAJOR = 7;

/**
 * Checks a server by its replies.
 *
 * @param hello reply of HELLO, which every user may send: names and values in turn.
 * @param info reply of INFO; `undefined` if this user may not send it.
 */
export function checkServer(hello: unknown, info: string | undefined, wanted: Wanted): readonly Check[] {
  const said = pairs(hello);
  const facts = lines(info ?? '');
  const version = facts.get('valkey_version') ?? facts.get('redis_version') ?? said.get('version') ?? '';
  const product = facts.has('valkey_version') || said.get('server') === 'valkey' ? 'Valkey' : 'Redis';
  const role = facts.get('role') ?? said.get('role') ?? '';
  return [
    versionCheck(product, version),
    roleCheck(role),
    ...(info === undefined
      ? [unread('appendonly'), unread('maxmemory-policy')]
      : [appendonlyCheck(facts, wanted), policyCheck(facts, wanted), memoryCheck(facts, wanted)]),
    ...(wanted.waitsForReplica && info !== undefined ? [replicaCheck(facts)] : []),
  ];
}

/** The same check for readers, also of a replica. Whether the server may lose data is checked by writers only. */
export function checkServerToRead(hello: unknown, info: string | undefined): readonly Check[] {
  const wanted = { acceptsVolatile: true, waitsForReplica: false };
  return checkServer(hello, info, wanted).filter(({ check }) => check === 'version');
}

function versionCheck(product: string, version: string): Check {
  const isEnough = Number.parseInt(version, 10) >= OLDEST_MAJOR;
  return isEnough
    ? { check: 'version', level: 'ok', text: `version: ${product} ${version}` }
    : {
        check: 'version',
        level: 'refuse',
        text: `version: ${product} ${version === '' ? 'of an unknown version' : version} is too old: Redis 7.0 or newer, or Valkey`,
      };
}

function roleCheck(role: string): Check {
  return role === 'master'
    ? { check: 'role', level: 'ok', text: 'role: master' }
    : {
        check: 'role',
        level: 'refuse',
        text: `role: ${role === '' ? 'unknown' : role}: use the address of the master, or redis-sentinel://`,
      };
}

function appendonlyCheck(facts: ReadonlyMap<string, string>, { acceptsVolatile }: Wanted): Check {
  const check = 'appendonly';
  if (facts.get('aof_enabled') === '1') return { check, level: 'ok', text: 'appendonly: yes' };
  return {
    check,
    level: acceptsVolatile ? 'warn' : 'refuse',
    text: 'appendonly: no: a crash of the server loses stored data: set appendonly yes, or accept it with ?volatile=accept',
  };
}

function policyCheck(facts: ReadonlyMap<string, string>, { acceptsVolatile }: Wanted): Check {
  const check = 'maxmemory-policy';
  const policy = facts.get('maxmemory_policy') ?? 'unknown';
  if (policy === 'noeviction') return { check, level: 'ok', text: 'maxmemory-policy: noeviction' };
  const isBounded = (facts.get('maxmemory') ?? '0') !== '0';
  return {
    check,
    level: isBounded && !acceptsVolatile ? 'refuse' : 'warn',
    text: `maxmemory-policy: ${policy}: when memory is full, stored data is deleted silently: set noeviction${
      isBounded ? ', or accept it with ?volatile=accept' : '; no maxmemory is set now, so nothing is deleted'
    }`,
  };
}

/** A full Redis refuses batches: nothing is stored until there is room. */
function memoryCheck(facts: ReadonlyMap<string, string>, { keepEvents }: Wanted): Check {
  const check = 'memory';
  const [most, used] = [Number(facts.get('maxmemory') ?? '0'), Number(facts.get('used_memory') ?? '0')];
  if (most === 0) return { check, level: 'ok', text: 'memory: Redis sets no limit' };
  const share = used / most;
  if (share > FULL_SHARE) {
    const text = `memory: ${mebibytes(used)} of ${mebibytes(most)} are used: when it is full, nothing more is stored: raise maxmemory, keep fewer events (--keep-events), or remove what else it holds`;
    return { check, level: 'warn', text };
  }
  const wanted = (keepEvents ?? 0) * EVENT_BYTES;
  if (wanted > most) {
    const text = `memory: ${String(keepEvents)} events may take ${mebibytes(wanted)}, and Redis may use ${mebibytes(most)}: raise maxmemory, or keep fewer (--keep-events)`;
    return { check, level: 'warn', text };
  }
  return { check, level: 'ok', text: `memory: ${mebibytes(used)} of ${mebibytes(most)}` };
}

function replicaCheck(facts: ReadonlyMap<string, string>): Check {
  const count = Number(facts.get('connected_slaves') ?? '0');
  return count > 0
    ? { check: 'replica', level: 'ok', text: `replica: ${count} connected` }
    : {
        check: 'replica',
        level: 'warn',
        text: 'replica: none is connected: with durability=wait nothing is stored until one is',
      };
}

function unread(check: 'appendonly' | 'maxmemory-policy'): Check {
  return {
    check,
    level: 'warn',
    text: `${check}: unknown, because INFO is not allowed or was renamed: grant +info, or check it yourself`,
  };
}

function pairs(reply: unknown): ReadonlyMap<string, string> {
  const flat = Array.isArray(reply) ? reply : [];
  return new Map(flat.flatMap((name, i) => (i % 2 === 0 ? [[String(name), String(flat[i + 1])] as const] : [])));
}

function lines(info: string): ReadonlyMap<string, string> {
  return new Map([...info.matchAll(/^([a-z_0-9]+):(.*?)\r?$/gm)].map(([, name = '', value = '']) => [name, value]));
}
