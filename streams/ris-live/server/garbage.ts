/** Bad frames that a client must survive, by fault. Text, or bytes that are not UTF-8. */
export const GARBAGE = {
  'not-json': () => '{"type":"ris_message","data":{"timestamp":17',
  empty: () => '',
  null: () => 'null',
  array: () => '[{"type":"ris_message"}]',
  number: () => '42',
  'unknown-envelope': () => '{"type":"ris_weather","data":{"rain":true}}',
  'no-data': () => '{"type":"ris_message"}',
  'no-type': () => '{"data":{}}',
  'timestamp-text': (about) => message(about, { timestamp: 'yesterday' }),
  'timestamp-infinite': (about) => message(about, {}).replace(/"timestamp":[^,]+/, '"timestamp":1e400'),
  'timestamp-ms': (about) => message(about, { timestamp: about.at }),
  'peer-missing': (about) => message(about, { peer: undefined }),
  'peer-no-address': (about) => message(about, { peer: '999.1.2.3' }),
  'asn-too-large': (about) => message(about, { peer_asn: '4294967296' }),
  'asn-float': (about) => message(about, { peer_asn: '1e5' }),
  'path-float': (about) => message(about, { path: [1.5, 'x', null] }),
  'path-deep': (about) => message(about, { path: [[[[64500]]]] }),
  'path-missing': (about) => message(about, { path: undefined }),
  'prefix-bad': (about) => message(about, { announcements: [{ next_hop: about.peer, prefixes: ['1.2.3/33'] }] }),
  'prefix-eor': (about) => message(about, { announcements: [{ next_hop: about.peer, prefixes: ['eor'] }] }),
  'withdrawals-text': (about) => message(about, { withdrawals: '192.0.2.0/24' }),
  'announcements-null': (about) => message(about, { announcements: [null] }),
  'type-unknown': (about) => message(about, { type: 'GOSSIP' }),
  'host-missing': (about) => message(about, { host: undefined }),
  proto: (about) => message(about, {}).replace('{"timestamp"', '{"__proto__":{"at":1},"constructor":{},"timestamp"'),
  'duplicate-keys': (about) => message(about, {}).replace('{"timestamp"', '{"timestamp":1,"timestamp"'),
  'lone-surrogate': (about) => message(about, {}).replace('"IGP"', String.raw`"\ud800"`),
  deep: () => `{"type":"ris_message","data":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
  /** RFC 6455 section 8.1: the receiver must fail the connection. */
  'not-utf-8': () => Uint8Array.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]),
  /** Three MiB in one frame. */
  oversize: () => `{"type":"ris_message","data":"${'x'.repeat(3 * 2 ** 20)}"}`,
} as const satisfies Readonly<Record<string, (about: GarbageSubject) => string | Uint8Array>>;

/** The kinds of unreadable frames that can be sent. */
export type GarbageKind = keyof typeof GARBAGE;

/** Frames after which a client must close the connection. */
export const FATAL_GARBAGE: ReadonlySet<GarbageKind> = new Set<GarbageKind>(['not-utf-8', 'oversize']);

/** The session that bad messages name; the client knows it. */
export interface GarbageSubject {
  /** Milliseconds of event time. */
  readonly at: number;
  readonly host: string;
  readonly peer: string;
  readonly peerAsn: number;
}

/** Reads the name of a kind of garbage; `undefined` when there is no such kind. */
export function garbageKind(text: string): GarbageKind | undefined {
  return Object.hasOwn(GARBAGE, text) ? (text as GarbageKind) : undefined;
}

function message({ at, host, peer, peerAsn }: GarbageSubject, flaw: Readonly<Record<string, unknown>>): string {
  const data = {
    timestamp: at / 1000,
    peer,
    peer_asn: String(peerAsn),
    id: `${peer}-${at.toString(16).padStart(12, '0')}fffe`,
    host,
    type: 'UPDATE',
    path: [peerAsn, 64_500],
    community: [],
    origin: 'IGP',
    announcements: [{ next_hop: peer, prefixes: ['192.0.2.0/24'] }],
    withdrawals: [],
    ...flaw,
  };
  return JSON.stringify({ type: 'ris_message', data });
}
