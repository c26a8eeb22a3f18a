import { crc32 } from 'node:zlib';
import * as z from 'zod';

/**
 * An extract holds the parts of one collector's files of one day that concern one territory: the records that can
 * concern its blocks, and the needed facts about the rest (time that passed, damage, table dumps that ended).
 *
 * Layout: the line `unroutable extract 1`; for each MRT file a section; the index, one line of JSON; a last line of
 * fixed length, `<offset of the index, 16 digits> <CRC-32 of the index, 8 hex digits>`. A section is a row of pieces: 4
 * bytes with the length, big-endian, then a gzip member of lines, each a batch of records as JSON.
 */
export const FORMAT = 1;
/** The first bytes of an extract. */
export const FIRST_LINE = `unroutable extract ${FORMAT}\n`;
/** Bytes of the last line. */
export const LAST_LINE_BYTES = 16 + 1 + 8 + 1;
/** Bytes before each piece. */
export const PIECE_HEADER_BYTES = 4;
/** A piece is written when it has this many characters. */
export const PIECE_CHARACTERS = 1024 * 1024;
/** The largest valid piece: a batch exceeds its own limit by at most one record of 16 MiB. */
export const MAX_PIECE_BYTES = 256 * 2 ** 20;
/** The ending of the names of extracts. */
export const EXTENSION = '.extract';

const count = z.int().min(0);
const file = z.strictObject({
  /** Name of the MRT file, without folders. */
  name: z.string().min(1),
  kind: z.enum(['rib', 'updates']),
  container: z.enum(['plain', 'gzip', 'bzip2']),
  /** Milliseconds of event time at which it begins. */
  start: z.number(),
  isStartNamed: z.boolean(),
  /** Compressed size, bytes. */
  bytes: count,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** The position of its section in the extract. */
  from: count,
  to: count,
});
const unread = z.strictObject({
  name: z.string().min(1),
  reason: z.string(),
  /** Milliseconds of event time at which a file of updates begins, by its name: a hole begins there. */
  start: z.number().optional(),
});
const index = z.strictObject({
  format: z.literal(FORMAT),
  /** Version of the decoder: another version may read the same record differently. */
  decoder: z.string().min(1),
  territory: z.strictObject({ id: z.string().min(1), blocks: z.array(z.string()).min(1) }),
  collector: z.string().min(1),
  /** The UTC day in which its files begin, `2014-12-22`. */
  day: z.iso.date(),
  /** In the order in which they are read. */
  files: z.array(file),
  /** Files that could not be read, or are missing. */
  unread: z.array(unread),
});

/** The index of an extract. */
export type ExtractIndex = z.infer<typeof index>;
/** One MRT file of an extract. */
export type ExtractFile = ExtractIndex['files'][number];
/** An MRT file that should have been in an extract. */
export type UnreadFile = ExtractIndex['unread'][number];

/** The index and the last line, the end of an extract. */
export function indexText(value: ExtractIndex, offset: number): string {
  const text = `${JSON.stringify(value)}\n`;
  return `${text}${String(offset).padStart(16, '0')} ${checksum(text)}\n`;
}

/** Offset and checksum of the index, from the last line; `undefined`: it is not such a line. */
export function readLastLine(text: string): { readonly offset: number; readonly checksum: string } | undefined {
  const [, offset, sum] = /^(\d{16}) ([0-9a-f]{8})\n$/.exec(text) ?? [];
  return offset === undefined || sum === undefined ? undefined : { offset: Number(offset), checksum: sum };
}

/** Reads the index line, or says why it is not valid. */
export function readIndex(text: string, sum: string): ExtractIndex | string {
  if (checksum(text) !== sum) return 'is damaged: the checksum of its index is wrong';
  const parsed = index.safeParse(JSON.parse(text));
  return parsed.success ? parsed.data : `has an index that is not understood: ${z.prettifyError(parsed.error)}`;
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
