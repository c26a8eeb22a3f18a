import { hostPort } from '../../bgp/host-port.ts';
/** The place of a Redis, as its URL names it. Files are named, not read. */
export interface RedisAddress {
  /** One server, a group that Sentinels watch, or a cluster. */
  readonly kind: 'single' | 'sentinel' | 'cluster';
  /** The server, the Sentinels, or the first nodes of the cluster. At least one; none with a socket. */
  readonly nodes: readonly Node[];
  /** Path of the Unix socket of one server on this machine. */
  readonly socket?: string;
  /** The Sentinels' name for the group; only with Sentinels. */
  readonly master?: string;
  readonly login: Login;
  /** Only for a cluster: the addresses of its nodes from here, by the `host:port` that the cluster uses. */
  readonly natMap?: NatMap;
  /** The login for the Sentinels. */
  readonly sentinelLogin: Login;
  readonly db: number;
  /** Absent: the connection is not encrypted. */
  readonly tls?: TlsFiles;
  /** `wait`: a commit counts only when a replica has it. */
  readonly durability: 'local' | 'wait';
  /** Accept a server that may lose data, with a warning. */
  readonly acceptsVolatile: boolean;
  /** The URL without user and password: for people and logs. */
  readonly name: string;
}

/** Which address to use for an address that the server names. */
export type NatMap = Readonly<Record<string, Node>>;

/** A host and port. */
export interface Node {
  readonly host: string;
  readonly port: number;
}

/** User and password. Give each in one form only. A password outside the URL replaces both. */
export interface Login {
  readonly username?: string;
  readonly password?: string;
  readonly passwordFile?: string;
}

/** Paths of PEM files. Without `ca`, Node.js's own list of authorities applies. */
export interface TlsFiles {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** Name in the certificate, if it is not the host's. */
  readonly servername?: string;
}

/** The place that a Redis URL names, or why the URL cannot be used. */
export type ParsedUrl =
  { readonly ok: true; readonly address: RedisAddress } | { readonly ok: false; readonly reason: string };

/** Valkey speaks the same protocol, and its own schemes mean the same. */
const SCHEME = /^(redis|valkey)(s?)(?:-(sentinel|cluster))?:\/\//;
const SOCKET_SCHEME = /^(?:redis|valkey)\+unix:\/\//;
const DEFAULT_PORT = 6379;
const DEFAULT_SENTINEL_PORT = 26_379;
const MAX_DB = 2 ** 31 - 1;

const PARAMETERS = new Set([
  'ca',
  'cert',
  'db',
  'durability',
  'key',
  'map',
  'password-file',
  'sentinel-password-file',
  'sentinel-user',
  'servername',
  'tls',
  'volatile',
]);

class Refusal extends Error {}

/**
 * Reads `redis[s]://[user[:password]@]host[:port][/db]`, `redis[s]-cluster://…@host:port,host:port`,
 * `redis[s]-sentinel://…@host:port,host:port/master-name[/db]` and `redis+unix://[user[:password]@]/path[?db=n]`, each
 * with `?parameter=value&…` as docs/redis.md lists them. `valkey` instead of `redis` means the same.
 *
 * Reasons never repeat what might be a password.
 */
export function parseRedisUrl(text: string): ParsedUrl {
  try {
    return { ok: true, address: addressOf(text) };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, reason: error.message };
    throw error;
  }
}

function addressOf(text: string): RedisAddress {
  if (SOCKET_SCHEME.test(text)) return socketAddressOf(text.replace(SOCKET_SCHEME, ''));
  const scheme = SCHEME.exec(text);
  if (scheme === null) {
    throw new Refusal(
      'it must begin with redis://, rediss://, redis-sentinel://, redis-cluster:// or redis+unix:// (or valkey for redis)',
    );
  }
  const kind = (scheme[3] ?? 'single') as RedisAddress['kind'];
  const [beforeQuery = '', query = ''] = split(text.slice(scheme[0].length), '?');
  const [authority = '', path = ''] = split(beforeQuery, '/');
  const at = authority.lastIndexOf('@');
  const parameters = parametersOf(query);
  if (parameters.has('db')) throw new Refusal('?db= is for redis+unix://; in other URLs the database follows the host');

  const nodes = nodesOf(authority.slice(at + 1), kind === 'sentinel' ? DEFAULT_SENTINEL_PORT : DEFAULT_PORT);
  if (kind === 'single' && nodes.length > 1) {
    throw new Refusal('redis:// takes one host; several are redis-sentinel:// or redis-cluster://');
  }
  const tls = tlsOf(scheme[2] === 's', parameters);
  const place = placeOf(kind, path);
  const hosts = nodes.map(({ host, port }) => hostPort(host, port)).join(',');
  const shownScheme = `${tls === undefined ? 'redis' : 'rediss'}${kind === 'single' ? '' : `-${kind}`}`;
  const shownPath = [place.master, place.db === 0 ? undefined : String(place.db)].filter((part) => part !== undefined);
  return {
    kind,
    nodes,
    ...place,
    login: loginOf(at < 0 ? '' : authority.slice(0, at), parameters),
    sentinelLogin: sentinelLoginOf(parameters),
    ...natMapOf(kind, parameters.get('map')),
    ...(tls && { tls }),
    ...promisesOf(parameters),
    name: `${shownScheme}://${[hosts, ...shownPath].join('/')}`,
  };
}

/** `[user[:password]@]/path?parameters`: the login comes before the first slash. */
function socketAddressOf(text: string): RedisAddress {
  const [beforeQuery = '', query = ''] = split(text, '?');
  const slash = beforeQuery.indexOf('/');
  const userinfo = beforeQuery.slice(0, Math.max(slash, 0));
  if (slash < 0 || (userinfo !== '' && !userinfo.endsWith('@')))
    throw new Refusal('redis+unix:// takes the whole path of a socket: redis+unix:///run/redis/redis.sock');
  const socket = decoded(beforeQuery.slice(slash), 'the path');
  const parameters = parametersOf(query);
  if (tlsOf(false, parameters) !== undefined) throw new Refusal('a Unix socket has no TLS');
  const db = dbOf([parameters.get('db') ?? '']);
  return {
    ...{ kind: 'single', nodes: [], socket, db },
    login: loginOf(userinfo.slice(0, -1), parameters),
    sentinelLogin: sentinelLoginOf(parameters),
    ...promisesOf(parameters),
    name: `redis+unix://${socket}${db === 0 ? '' : `?db=${db}`}`,
  };
}

function promisesOf(parameters: ReadonlyMap<string, string>): Pick<RedisAddress, 'durability' | 'acceptsVolatile'> {
  return {
    durability: oneOf(parameters, 'durability', ['local', 'wait']) === 'wait' ? 'wait' : 'local',
    acceptsVolatile: oneOf(parameters, 'volatile', ['refuse', 'accept']) === 'accept',
  };
}

function split(text: string, separator: string): readonly string[] {
  const index = text.indexOf(separator);
  return index < 0 ? [text] : [text.slice(0, index), text.slice(index + 1)];
}

function nodesOf(hosts: string, defaultPort: number): readonly Node[] {
  return hosts.split(',').map((text) => {
    const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/.exec(text);
    if (match === null) {
      throw new Refusal(
        'one of its hosts is not valid: hosts are name:port, [IPv6]:port; in a password, : / ? # @ % must be percent-encoded',
      );
    }
    const port = match[3] === undefined ? defaultPort : Number(match[3]);
    if (port < 1 || port > 65_535) throw new Refusal(`port ${port} is none: 1 to 65535`);
    return { host: match[1] ?? match[2] ?? '', port };
  });
}

/** `10.0.0.5:6379=redis.example:7001,…` */
function natMapOf(kind: RedisAddress['kind'], text: string | undefined): { readonly natMap?: NatMap } {
  if (text === undefined) return {};
  if (kind !== 'cluster') throw new Refusal('?map= is for redis-cluster://');
  const natMap: Record<string, Node> = {};
  for (const pair of text.split(',')) {
    const [from = '', to = ''] = split(pair, '=');
    if (!/^[^=]+:\d{1,5}$/.test(from) || to === '') {
      throw new Refusal(
        '?map= is HOST:PORT=HOST:PORT,…: the address that the cluster announces for a node, and the address that reaches it',
      );
    }
    const [node] = nodesOf(to, DEFAULT_PORT);
    if (node !== undefined) natMap[from] = node;
  }
  return { natMap };
}

function placeOf(kind: RedisAddress['kind'], path: string): { readonly master?: string; readonly db: number } {
  const parts = path === '' ? [] : path.split('/');
  if (kind === 'sentinel') {
    const master = decoded(parts[0] ?? '', 'the master name');
    if (master === '') throw new Refusal('redis-sentinel:// needs the name of the group: …/mymaster');
    return { master, db: dbOf(parts.slice(1)) };
  }
  const db = dbOf(parts);
  if (kind === 'cluster' && db !== 0) throw new Refusal('a cluster has only database 0');
  return { db };
}

function dbOf(parts: readonly string[]): number {
  const [text = '', ...more] = parts;
  if (text === '' && more.length === 0) return 0;
  const db = Number(text);
  if (!/^\d{1,10}$/.test(text) || db > MAX_DB || more.length > 0) {
    throw new Refusal('only the number of a database may follow the hosts');
  }
  return db;
}

function loginOf(userinfo: string, parameters: ReadonlyMap<string, string>): Login {
  const [user = '', password] = split(userinfo, ':');
  const passwordFile = parameters.get('password-file');
  if (password !== undefined && password !== '' && passwordFile !== undefined) {
    throw new Refusal('give either a password or ?password-file=, not both');
  }
  return {
    ...(user !== '' && { username: decoded(user, 'the user') }),
    ...(password !== undefined && password !== '' && { password: decoded(password, 'the password') }),
    ...(passwordFile !== undefined && { passwordFile }),
  };
}

function sentinelLoginOf(parameters: ReadonlyMap<string, string>): Login {
  const username = parameters.get('sentinel-user');
  const passwordFile = parameters.get('sentinel-password-file');
  return { ...(username !== undefined && { username }), ...(passwordFile !== undefined && { passwordFile }) };
}

function tlsOf(byScheme: boolean, parameters: ReadonlyMap<string, string>): TlsFiles | undefined {
  const wanted = oneOf(parameters, 'tls', ['yes', 'no']);
  if (byScheme && wanted === 'no') throw new Refusal('rediss:// and ?tls=no contradict each other');
  const files = ['ca', 'cert', 'key', 'servername'].flatMap((name) => {
    const value = parameters.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  if (!byScheme && wanted !== 'yes') {
    const [first] = files;
    if (first !== undefined) throw new Refusal(`?${first[0]}= is for TLS: rediss://, or ?tls=yes`);
    return undefined;
  }
  if (parameters.has('cert') !== parameters.has('key')) throw new Refusal('?cert= and ?key= go together');
  return Object.fromEntries(files);
}

function oneOf(parameters: ReadonlyMap<string, string>, name: string, values: readonly string[]): string | undefined {
  const value = parameters.get(name);
  if (value !== undefined && !values.includes(value)) throw new Refusal(`?${name}= is ${values.join(' or ')}`);
  return value;
}

function parametersOf(query: string): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  for (const part of query === '' ? [] : query.split('&')) {
    const [name = '', value = ''] = split(part, '=');
    if (!PARAMETERS.has(name)) {
      throw new Refusal(
        `it has a parameter that is not one of ${[...PARAMETERS].join(', ')}; a ? in a password is %3F`,
      );
    }
    if (parameters.has(name)) throw new Refusal(`?${name}= is there twice`);
    if (value === '') throw new Refusal(`?${name}= is empty`);
    parameters.set(name, decoded(value, `?${name}=`));
  }
  return parameters;
}

function decoded(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Refusal(`${what} has a % that is not percent-encoding: write %25`);
  }
}
