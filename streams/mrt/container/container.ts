import { bunzip } from './bunzip.ts';
import type { Bz2Slots } from './bz2-slots.ts';
import { DEFAULT_LIMITS, type MrtLimits } from '../limits.ts';
import { gunzip } from './gzip.ts';
import { PackedFile, snapshotOf, type Snapshot } from './packed-file.ts';
import { readHeader } from '../record/record-types.ts';
import { createFramer } from '../record/records.ts';
import { SizeGuard } from './size-guard.ts';
import type { UnpackRing } from './unpack-rings.ts';
import type { ContainerKind, Unpacking } from './unpacking.ts';

/** How a file is opened. */
export interface ContainerOptions {
  /** The state of the file when it was chosen; by default, its present state. */
  readonly snapshot?: Snapshot;
  readonly limits?: MrtLimits;
  /** Packed bytes per read. @default 256 KiB */
  readonly readBytes?: number;
  /** Slots in which other threads unpack bzip2 blocks. */
  readonly slots?: Bz2Slots;
  /** The ring in which another thread unpacks it, if it is gzip. */
  readonly ring?: UnpackRing;
}

/** The chunks as an async iterable. Each chunk stays valid. */
export interface Container extends Omit<Unpacking, 'chunks' | 'close'> {
  chunks(): AsyncGenerator<Uint8Array, string | undefined>;
  close(): Promise<void>;
}

type Failed = { readonly ok: false; readonly reason: string };

/** A file that is open, or why it cannot be opened. */
export type OpenedFile = { readonly ok: true; readonly container: Container } | Failed;

const READ_BYTES = 256 * 1024;
/** Bytes of an uncompressed file that are searched for a first record. */
const SNIFF_BYTES = 64 * 1024;

/** Opens a file, and detects its compression by its first bytes, never by its name. */
export async function openContainer(path: string, options: ContainerOptions = {}): Promise<OpenedFile> {
  const snapshot = options.snapshot ?? (await snapshotOf(path));
  if (typeof snapshot === 'string') return { ok: false, reason: snapshot };
  const opened = openUnpacking(path, { ...options, snapshot });
  if (!opened.ok) return opened;
  const { unpacking } = opened;
  const container: Container = {
    kind: unpacking.kind,
    size: unpacking.size,
    get offset() {
      return unpacking.offset;
    },
    get verified() {
      return unpacking.verified;
    },
    async *chunks() {
      const chunks = unpacking.chunks();
      try {
        for (;;) {
          const { done, value } = chunks.next();
          if (done === true) return value;
          yield value.slice();
        }
      } finally {
        chunks.return(undefined);
      }
    },
    close: async () => unpacking.close(),
  };
  return { ok: true, container };
}

/** Opens a file that was looked at before, as `openContainer` does. */
export function openUnpacking(
  path: string,
  {
    snapshot,
    limits = DEFAULT_LIMITS,
    readBytes = READ_BYTES,
    slots,
    ring,
  }: ContainerOptions & { readonly snapshot: Snapshot },
): { readonly ok: true; readonly unpacking: Unpacking } | Failed {
  if (snapshot.size === 0) return { ok: false, reason: 'is empty' };
  const file = PackedFile.open(path, snapshot, readBytes);
  if (typeof file === 'string') return { ok: false, reason: file };

  const head = file.peek(Math.min(SNIFF_BYTES, snapshot.size));
  const kind = sniff(head, head.length >= snapshot.size, limits);
  if (!('kind' in kind)) {
    file.close();
    return { ok: false, reason: kind.reason };
  }
  if (kind.kind === 'gzip' && ring !== undefined) {
    file.close();
    return { ok: true, unpacking: unpackingBy(ring, snapshot) };
  }
  return { ok: true, unpacking: unpackingOf(file, kind.kind, limits, slots) };
}

/** The same, unpacked by another thread. */
function unpackingBy(ring: UnpackRing, { size }: Snapshot): Unpacking {
  return {
    kind: 'gzip',
    size,
    get offset() {
      return ring.offset;
    },
    get verified() {
      return ring.verified;
    },
    chunks: () => ring.chunks(),
    close: () => undefined,
  };
}

function unpackingOf(file: PackedFile, kind: ContainerKind, limits: MrtLimits, slots?: Bz2Slots): Unpacking {
  const guard = new SizeGuard(limits);
  const unpack = { gzip: gunzip, bzip2: bunzip, plain }[kind];
  let isClosed = false;
  const close = (): void => {
    if (isClosed) return;
    isClosed = true;
    file.close();
  };
  return {
    kind,
    size: file.size,
    get offset() {
      return file.offset;
    },
    get verified() {
      return kind === 'gzip' ? guard.verified : Number.POSITIVE_INFINITY;
    },
    *chunks() {
      try {
        const reason = yield* unpack(file, guard, slots);
        return file.failure ?? reason;
      } finally {
        close();
      }
    },
    close,
  };
}

function* plain(file: PackedFile, guard: SizeGuard): Generator<Uint8Array, string | undefined> {
  for (;;) {
    const chunk = file.some();
    if (chunk.length === 0) return undefined;
    file.consume(chunk.length);
    if (!guard.add(chunk.length, file.offset)) return guard.tripped;
    yield chunk;
  }
}

type Sniffed = { readonly kind: ContainerKind } | { readonly reason: string };

/** The first bytes of other files that occur in archive folders. */
const MAGICS: readonly (readonly [name: string, magic: string])[] = [
  ['an xz file', 'fd377a58'],
  ['a zstd file', '28b52ffd'],
  ['an lz4 file', '04224d18'],
  ['a zip file', '504b0304'],
  ['a 7z file', '377abcaf'],
  ['a packet capture', 'd4c3b2a1'],
  ['a packet capture', 'a1b2c3d4'],
  ['a packet capture', '0a0d0d0a'],
  ['a program', '7f454c46'],
  ['a PDF file', '25504446'],
];

function sniff(head: Uint8Array, isAll: boolean, limits: MrtLimits): Sniffed {
  if (head[0] === 0x1f && head[1] === 0x8b) return { kind: 'gzip' };
  const start = Buffer.from(head.subarray(0, 512)).toString('latin1');
  if (/^BZh[1-9](?:1AY&SY|\x17rE8P\x90)/.test(start)) return { kind: 'bzip2' };
  if (isAll && head.length < 12) return { reason: `is torn: ${head.length} bytes are not a whole MRT header` };
  if (holdsRecord(head, isAll, limits)) return { kind: 'plain' };
  return { reason: `is not an MRT file, it looks like ${looksLike(start)}` };
}

/** Whether these first bytes of a stream contain a record, at the start or after some damage. */
function holdsRecord(head: Uint8Array, isAll: boolean, limits: MrtLimits): boolean {
  let found = false;
  const framer = createFramer({ record: () => (found = true), damage: () => undefined }, limits);
  framer.push(head);
  if (isAll) framer.end();
  return found || (!isAll && readHeader(head, 0, head.length, limits.recordBytes) === 'known');
}

function looksLike(start: string): string {
  const hex = Buffer.from(start.slice(0, 4), 'latin1').toString('hex');
  const magic = MAGICS.find(([, bytes]) => bytes === hex);
  if (magic !== undefined) return magic[0];
  if (start.slice(257, 262) === 'ustar') return 'a tar archive';
  if (/^\s*<(?:!doctype html|html|\?xml|head|body)/i.test(start)) return 'a web page';
  if (/^\s*[[{]/.test(start)) return 'JSON';
  // eslint-disable-next-line no-control-regex
  return /^[\t\n\r\x20-\x7e\x80-\xff]*$/.test(start) ? 'text' : 'other binary data';
}
