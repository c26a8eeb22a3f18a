import { RIS_COLLECTORS } from '../../streams/ris-live/control-prefixes.ts';

/**
 * Messages as RIS Live sends them since 2022, field for field: 23 collectors with 65 sessions each. Of 20,000 messages
 * 17,000 are UPDATEs and 100 of these are of North Korea's routes, some thousand times life's share; 10 are of sessions that
 * come and go.
 */
export interface Template {
  /** A whole WebSocket frame. */
  readonly frame: Buffer;
  /** Where its 14 characters of time and the 16 hex digits of its id are. */
  readonly timeAt: number;
  readonly idAt: number;
  readonly watched: number;
  readonly others: number;
  readonly beacon: number;
}

export interface Script {
  /** What each session of IPv4 sends first: all routes of North Korea. */
  readonly opening: readonly Template[];
  next(): Template;
}

const SESSIONS = 65;
const KINDS = { update: 16_890, watched: 100, anchor: 9, beacon: 1, session: 10, keepalive: 2990 } as const;
/** UPDATEs of the rest of the world, before they repeat. */
const WORLD = 16_384;
const COMING_AND_GOING = 20;

export const NORTH_KOREA = [176, 177, 178, 179].map((octet) => `175.45.${octet}.0/24`);
export const ANCHORS = ['84.205.81.0/24', '84.205.83.0/24', '84.205.92.0/24', '93.175.146.0/24'];
const BEACON = '84.205.66.0/24';
/** 175.45/16 and its like: what lies there may be watched. */
const NOT_OTHERS = new Set(['175.45', '84.205', '93.175']);

export interface Session {
  readonly host: string;
  readonly address: string;
  readonly asn: number;
  readonly isIpv6: boolean;
}

interface Routes {
  readonly watched?: number;
  readonly others?: number;
  readonly beacon?: number;
}

export function liveScript(seed = 1): Script {
  const random = randomFrom(seed);
  const sessions = allSessions();
  const ipv4 = ipv4Sessions();
  const pools: Record<keyof typeof KINDS, readonly Template[]> = {
    update: Array.from({ length: WORLD }, () => otherUpdate(pick(sessions, random), random)),
    watched: watchedUpdates(ipv4, random),
    anchor: ipv4.map((session, i) => announcement(session, [ANCHORS[i % 4] ?? BEACON], [12_654], { watched: 1 })),
    beacon: ipv4.map((session) => announcement(session, [BEACON], [12_654], { beacon: 1 })),
    session: ipv4.slice(0, COMING_AND_GOING).flatMap(comingAndGoing),
    keepalive: sessions.map((session) => template(session, { type: 'KEEPALIVE' })),
  };
  const order = shuffled(
    (Object.keys(KINDS) as (keyof typeof KINDS)[]).flatMap((kind) => Array<keyof typeof KINDS>(KINDS[kind]).fill(kind)),
    random,
  );
  const turns = { update: 0, watched: 0, anchor: 0, beacon: 0, session: 0, keepalive: 0 };
  let turn = 0;
  return {
    opening: ipv4.map((session) =>
      announcement(session, NORTH_KOREA, [4837, 131_279], { watched: NORTH_KOREA.length }),
    ),
    next() {
      const kind = order[turn++ % order.length] ?? 'update';
      const pool = pools[kind];
      return pool[turns[kind]++ % pool.length] as Template;
    },
  };
}

/** Those that have North Korea's routes: sessions of IPv6 carry none of IPv4. */
export function ipv4Sessions(): readonly Session[] {
  return allSessions().filter(({ isIpv6 }) => !isIpv6);
}

function allSessions(): readonly Session[] {
  return RIS_COLLECTORS.flatMap((host, c) =>
    Array.from({ length: SESSIONS }, (_, s) => sessionOf(`${host}.ripe.net`, c, s)),
  );
}

function sessionOf(host: string, collector: number, index: number): Session {
  const asn = 1000 + collector * 2700 + index * 41;
  const isIpv6 = index % 2 === 1;
  const hextet = (0x10 + collector).toString(16);
  return {
    host,
    asn,
    isIpv6,
    address: isIpv6 ? `2001:7f8:${hextet}::${asn.toString(16)}:1` : `195.208.${collector}.${index + 1}`,
  };
}

/** Each session in turn: another way, one /24 withdrawn, and all announced again. */
function watchedUpdates(sessions: readonly Session[], random: () => number): Template[] {
  const rounds = [0, 1, 2, 3].map((round) =>
    sessions.map((session, i) => {
      const some = NORTH_KOREA.slice(0, 1 + (i % 4));
      if (round === 1 && i % 16 === 0) return withdrawal(session, some.slice(0, 1), { watched: 1 });
      if (i % 10 !== 3) return announcement(session, some, [20_485, 131_279], { watched: some.length });
      // It came in one UPDATE with what has the same attributes.
      const mixed = [...some, ipv4Prefix(random)];
      return announcement(session, mixed, [4837, 131_279], { watched: some.length, others: 1 });
    }),
  );
  return rounds.flat();
}

function comingAndGoing(session: Session): Template[] {
  const capabilities = { 1: { name: 'multiprotocol', families: ['ipv4/unicast'] }, 65: { name: 'asn4' } };
  return [
    template(session, { type: 'NOTIFICATION', notification: { code: 6, subcode: 5, data: '\u0006\u0005' } }),
    template(session, { type: 'STATE', state: 'down' }),
    template(session, { type: 'STATE', state: 'connected' }),
    template(session, {
      type: 'OPEN',
      ...{
        direction: 'received',
        version: 4,
        asn: session.asn,
        hold_time: 180,
        router_id: '195.208.0.1',
        capabilities,
      },
    }),
    template(session, { type: 'STATE', state: 'up' }),
  ];
}

function otherUpdate(session: Session, random: () => number): Template {
  const prefix = session.isIpv6 ? ipv6Prefix : ipv4Prefix;
  const several = (most: number): string[] => [
    ...new Set(Array.from({ length: 1 + Math.floor(most * random() ** 2) }, () => prefix(random))),
  ];
  const kind = random();
  if (kind < 0.12) {
    const withdrawn = several(20).map(uncompressed);
    return withdrawal(session, withdrawn, { others: withdrawn.length });
  }
  const announced = several(8);
  const withdrawn = kind < 0.2 ? several(8).filter((text) => !announced.includes(text)) : [];
  const transit = Array.from({ length: 2 + Math.floor(random() * 5) }, () => asnOf(random));
  return template(
    session,
    {
      type: 'UPDATE',
      path: [session.asn, ...transit],
      community: Array.from({ length: Math.floor(random() * 22) }, () => [
        asnOf(random) % 65_536,
        asnOf(random) % 65_536,
      ]),
      origin: random() < 0.9 ? 'IGP' : 'INCOMPLETE',
      ...(random() < 0.3 ? { med: Math.floor(random() * 1000) } : {}),
      ...(random() < 0.05 ? { aggregator: `${asnOf(random)}:36.37.255.39` } : {}),
      announcements: [{ next_hop: nextHop(session), prefixes: announced }],
      withdrawals: withdrawn.map(uncompressed),
    },
    { others: announced.length + withdrawn.length },
  );
}

function announcement(session: Session, prefixes: readonly string[], way: readonly number[], routes: Routes): Template {
  return template(
    session,
    {
      type: 'UPDATE',
      path: [session.asn, 3216, ...way],
      community: [
        [session.asn % 65_536, 3006],
        [3216, 2001],
        [3216, 4424],
      ],
      origin: 'IGP',
      announcements: [{ next_hop: nextHop(session), prefixes }],
      withdrawals: [],
    },
    routes,
  );
}

function withdrawal(session: Session, withdrawals: readonly string[], routes: Routes): Template {
  return template(session, { type: 'UPDATE', path: [], community: [], announcements: [], withdrawals }, routes);
}

/** Two of the same length, distinguished by their position. */
const NO_TIME = '0000000000.000';
const NO_ID = '0000000000000000';

function template({ host, address, asn }: Session, body: object, routes: Routes = {}): Template {
  const common = { peer: address, peer_asn: String(asn), id: `${address}-${NO_ID}`, host };
  const rest = JSON.stringify({ ...common, ...body });
  const text = Buffer.from(`{"type":"ris_message","data":{"timestamp":${NO_TIME},${rest.slice(1)}}`);
  const frame = Buffer.concat([headerOf(text.length), text]);
  const timeAt = frame.indexOf(NO_TIME);
  const { watched = 0, others = 0, beacon = 0 } = routes;
  return { frame, timeAt, idAt: frame.indexOf(`-${NO_ID}"`) + 1, watched, others, beacon };
}

/** One unmasked text frame (RFC 6455 section 5.2). */
function headerOf(length: number): Buffer {
  if (length < 126) return Buffer.from([0x81, length]);
  if (length > 0xffff) throw new RangeError(`a message of ${length} bytes`);
  return Buffer.from([0x81, 126, length >> 8, length & 0xff]);
}

function nextHop({ address, isIpv6 }: Session): string {
  return isIpv6 ? `${address},fe80::2293:3902:bde1:69a2` : address;
}

function ipv4Prefix(random: () => number): string {
  for (;;) {
    const length = random() < 0.6 ? 24 : 16 + Math.floor(random() * 8);
    const word = (0x01000000 + random() * 0xde000000) >>> 0;
    const network = (word & (0xffffffff << (32 - length))) >>> 0;
    const octets = [network >>> 24, (network >>> 16) & 0xff, (network >>> 8) & 0xff, network & 0xff];
    if (!NOT_OTHERS.has(octets.slice(0, 2).join('.'))) return `${octets.join('.')}/${length}`;
  }
}

function ipv6Prefix(random: () => number): string {
  const hextet = (): string => (1 + Math.floor(random() * 0xfffe)).toString(16);
  const first = pick(['2a0f', '2804', '2606', '2408', '2c0f', '2a12'], random);
  return random() < 0.5 ? `${first}:${hextet()}:${hextet()}::/48` : `${first}:${hextet()}::/32`;
}

/** Withdrawals of IPv6 come so. */
function uncompressed(prefix: string): string {
  const [head = '', tail = ''] = prefix.split('::');
  if (tail === '') return prefix;
  const hextets = head.split(':');
  return `${[...hextets, ...Array<string>(8 - hextets.length).fill('0')].join(':')}${tail}`;
}

function asnOf(random: () => number): number {
  return random() < 0.6 ? 1 + Math.floor(random() * 64_000) : 196_608 + Math.floor(random() * 80_000);
}

function pick<T>(from: readonly T[], random: () => number): T {
  return from[Math.floor(random() * from.length)] as T;
}

function shuffled<T>(values: T[], random: () => number): T[] {
  for (let i = values.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [values[i], values[j]] = [values[j] as T, values[i] as T];
  }
  return values;
}

/** The same messages in every run. Mulberry32. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
