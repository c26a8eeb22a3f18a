import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { peer } from '../../../support/day.ts';
import {
  address,
  asPath,
  attribute,
  bytesOf,
  message,
  peerIndexTable,
  record,
  nlri,
  stateChange,
  u16,
  u32,
  update,
  type Bytes,
  type Session,
} from '../../../support/mrt-writer.ts';
import { BZIP2 } from './scene-bz2.ts';

/** 2014-12-22T00:00:00Z, in seconds. */
export const T = 1_419_206_400;
export const VOTERS: readonly Session[] = Array.from({ length: 12 }, (_, n) => peer(n + 1));
const PREFIXES = ['175.45.176.0/24', '175.45.178.0/24'] as const;
/** What all the world has: the tables of all peers are equally large. */
const OTHERS = ['10.0.0.0/8'] as const;
const UPSTREAM = 4_837;
const ORIGIN = 131_279;

/** One file of a scene, by the name that gives it its place. */
export interface SceneFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** A folder of files of one collector, and which of them is to be harmed. */
export interface Scene {
  readonly title: string;
  readonly files: readonly SceneFile[];
  readonly harmed: string;
}

/** Records numbered from 0 on, as all daemons write them. */
function dump(seconds: number): Uint8Array {
  const records = [...OTHERS, ...PREFIXES].map((prefix, number) => ribRecord(seconds, number, prefix));
  return bytesOf(peerIndexTable(seconds, VOTERS), ...records);
}

function ribRecord(seconds: number, number: number, prefix: string): Bytes {
  const entries = VOTERS.flatMap(({ asn }, index) => {
    const attributes = [
      ...attribute(1, [0]),
      ...asPath([asn, UPSTREAM, ORIGIN]),
      ...attribute(3, address('192.0.2.1')),
    ];
    return [...u16(index), ...u32(seconds - 86_400), ...u16(attributes.length), ...attributes];
  });
  return record(seconds, 13, 2, [...u32(number), ...nlri(prefix), ...u16(VOTERS.length), ...entries]);
}

function voterUpdate(
  seconds: number,
  voter: Session,
  parts: { announced?: readonly string[]; withdrawn?: readonly string[] },
) {
  return message(seconds, update({ ...parts, path: [voter.asn, UPSTREAM, ORIGIN] }), { peer: voter });
}

/** One message about the rest of the world every half minute: time goes on. */
function quiet(from: number, until: number): readonly Bytes[] {
  return Array.from({ length: Math.floor((until - from) / 30) }, (_, n) =>
    message(from + 30 * n, update({ announced: ['10.0.0.0/8'] }), { peer: VOTERS[n % VOTERS.length] ?? peer(1) }),
  );
}

/** What one voter after the other sends about these prefixes, a second apart. */
function all(seconds: number, parts: Parameters<typeof voterUpdate>[2]): readonly Bytes[] {
  return VOTERS.map((voter, n) => voterUpdate(seconds + n, voter, parts));
}

const BEFORE: readonly SceneFile[] = [
  { name: 'bview.20141222.0000', bytes: dump(T) },
  { name: 'updates.20141222.0000', bytes: bytesOf(...quiet(T, T + 600)) },
];
const AFTER: SceneFile = { name: 'updates.20141222.0010', bytes: bytesOf(...quiet(T + 600, T + 1200)) };

/** A second dump, of a table that did not change. */
export const DUMP: Scene = {
  title: 'a table dump',
  files: [...BEFORE, { name: 'bview.20141222.0010', bytes: dump(T + 600) }, AFTER],
  harmed: 'bview.20141222.0010',
};

/** The first dump: there is nothing before it. */
export const FIRST_DUMP: Scene = {
  title: 'the first table dump',
  files: [...BEFORE, AFTER],
  harmed: 'bview.20141222.0000',
};

/** Routes announced again, one session that falls and comes back with its routes; nothing is lost. */
export const CALM: Scene = {
  title: 'updates of a calm time',
  files: [
    ...BEFORE,
    {
      name: 'updates.20141222.0010',
      bytes: bytesOf(
        ...all(T + 600, { announced: PREFIXES }),
        ...VOTERS.slice(0, 1).flatMap((voter) => [
          stateChange(T + 620, 6, 1, voter),
          stateChange(T + 640, 5, 6, voter),
          voterUpdate(T + 641, voter, { announced: PREFIXES }),
        ]),
        ...all(T + 660, { announced: PREFIXES.slice(0, 1) }),
      ),
    },
    { name: 'updates.20141222.0015', bytes: bytesOf(...quiet(T + 900, T + 1200)) },
  ],
  harmed: 'updates.20141222.0010',
};

/** All withdraw, and all announce again. */
export const OUTAGE: Scene = {
  title: 'updates of an outage',
  files: [
    ...BEFORE,
    {
      name: 'updates.20141222.0010',
      bytes: bytesOf(
        ...all(T + 610, { withdrawn: PREFIXES }),
        ...quiet(T + 660, T + 700),
        ...all(T + 720, { announced: PREFIXES }),
      ),
    },
    { name: 'updates.20141222.0015', bytes: bytesOf(...quiet(T + 900, T + 1500)) },
  ],
  harmed: 'updates.20141222.0010',
};

export const SCENES: readonly Scene[] = [DUMP, FIRST_DUMP, CALM, OUTAGE];

export const PACKINGS = ['plain', 'gzip', 'bzip2'] as const;
export type Packing = (typeof PACKINGS)[number];

/** The file of a scene that is to be harmed, packed. */
export function harmedFile({ files, harmed }: Scene, packing: Packing): Uint8Array {
  const bytes = files.find(({ name }) => name === harmed)?.bytes ?? new Uint8Array(0);
  if (packing === 'plain') return bytes;
  if (packing === 'gzip') return gzipSync(bytes, { level: 9 });
  const found = BZIP2[createHash('sha256').update(bytes).digest('hex').slice(0, 16)];
  if (found === undefined) throw new Error('pack this scene with bzip2 -9, and keep it in scene-bz2.ts');
  return Buffer.from(found, 'base64');
}

/**
 * Bytes that no check can distinguish from right ones in a file that is not packed, by kind. A RIB record of a damaged prefix is a
 * route of another prefix that no peer has, and the prefix it had is in no record: the dump denies it for all peers.
 */
export function isExcepted(scene: Scene, packing: Packing, at: number): 'the prefix of a RIB record' | undefined {
  if (packing !== 'plain' || !scene.harmed.startsWith('bview')) return undefined;
  const bytes = harmedFile(scene, packing);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let start = 0; start < bytes.length; start += 12 + view.getUint32(start + 8)) {
    if (view.getUint16(start + 6) !== 2) continue;
    const octets = start + 12 + 4 + 1;
    if (at >= octets && at < octets + Math.ceil((bytes[octets - 1] ?? 0) / 8)) return 'the prefix of a RIB record';
  }
  return undefined;
}
