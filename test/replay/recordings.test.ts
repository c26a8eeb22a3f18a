import type { UnroutableEvent } from '../../src/detect/events/event.ts';
import { meetings } from '../../src/report/published.ts';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openContainer } from '../../streams/mrt/container/container.ts';
import { INCIDENTS, recordingsOf } from './incident.ts';

/** An MRT record's header and body, RFC 6396 section 2. */
interface MrtRecord {
  readonly at: number;
  readonly type: number;
  readonly subtype: number;
  readonly body: Buffer;
}

const TABLE_DUMP_V2 = 13;
const PEER_INDEX_TABLE = 1;
const BGP4MP = 16;
const LARGEST_INCIDENT = 150_000;

describe.each(INCIDENTS)('the recording of $name', (incident) => {
  const files = recordingsOf(incident);
  const from = Date.parse(incident.window.from) / 1000;
  const until = Date.parse(incident.window.until) / 1000;

  test('says that it is a reconstruction, or invented where nothing was published; what was assumed, and where each published time is from', () => {
    expect(incident.label).toMatch(
      incident.published.length > 0
        ? /^reconstructed with real BGP daemons from published times; (?:.+; )?not archive data$/
        : /^(?:reconstructed with real BGP daemons from published times; (?:.+; )?|invented, and played with real BGP daemons; )not archive data$/,
    );
    expect(incident.assumed.length).toBeGreaterThan(0);
    for (const { at, source } of incident.published) {
      expect(incident.sources, `source of ${at}`).toHaveProperty(source);
      expect(Date.parse(at) / 1000).toBeGreaterThan(from);
      expect(Date.parse(at) / 1000).toBeLessThan(until);
    }
  });

  test('expects an event within the precision of each published time', () => {
    const expected = incident.expect.events.map(({ type, first }) => ({ type, data: { first } }) as UnroutableEvent);
    const missed = meetings(incident.published, expected).filter(
      ({ began, error }) => began === undefined || error > 0,
    );
    expect(missed).toEqual([]);
  });

  test('is small, named as RIS names files, and packed without a time', () => {
    expect(files.filter((file) => file.includes('/updates.'))).toHaveLength(2);
    for (const file of files)
      expect(file).toMatch(/^reconstructed-[ab]\/bgpdata\/(bview|updates)\.\d{8}\.\d{4}\.(gz|bz2)$/);
    const bytes = files.reduce((sum, file) => sum + statSync(join(incident.folder, file)).size, 0);
    expect(bytes).toBeLessThan(LARGEST_INCIDENT);
    for (const file of files.filter((name) => name.endsWith('.gz'))) {
      expect(readFileSync(join(incident.folder, file)).readUInt32LE(4), `time in ${file}`).toBe(0);
    }
  });

  test('holds tables of the time in their name', async () => {
    for (const file of files.filter((name) => name.includes('/bview.'))) {
      const records = await recordsOf(join(incident.folder, file));
      expect(new Set(records.map(({ type }) => type))).toEqual(new Set([TABLE_DUMP_V2]));
      expect(new Set(records.map(({ at }) => at))).toEqual(new Set([timeInName(file)]));
    }
  });

  test('holds updates in order of time, within the window', async () => {
    for (const file of files.filter((name) => name.includes('/updates.'))) {
      const records = await recordsOf(join(incident.folder, file));
      const times = records.map(({ at }) => at);
      expect(new Set(records.map(({ type }) => type))).toEqual(new Set([BGP4MP]));
      expect(times).toEqual(times.toSorted((a, b) => a - b));
      expect(times[0]).toBeGreaterThanOrEqual(from);
      expect(times.at(-1)).toBeLessThanOrEqual(until);
    }
  });

  test('has at least 40 peers of 30 ASes at its start', async () => {
    const tables = files.filter((file) => file.includes('/bview.') && timeInName(file) === from);
    expect(tables).toHaveLength(2);
    const peers = await Promise.all(tables.map(async (file) => peersOf(await recordsOf(join(incident.folder, file)))));
    expect(peers.flat().length).toBeGreaterThanOrEqual(40);
    expect(new Set(peers.flat()).size).toBeGreaterThanOrEqual(30);
  });
});

async function recordsOf(path: string): Promise<readonly MrtRecord[]> {
  const opened = await openContainer(path);
  if (!opened.ok) throw new Error(`${path}: ${opened.reason}`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of opened.container.chunks()) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const records: MrtRecord[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = start + 12 + bytes.readUInt32BE(start + 8);
    if (end > bytes.length) throw new Error(`${path}: ends inside a record`);
    records.push({
      at: bytes.readUInt32BE(start),
      type: bytes.readUInt16BE(start + 4),
      subtype: bytes.readUInt16BE(start + 6),
      body: bytes.subarray(start + 12, end),
    });
    start = end;
  }
  return records;
}

/** ASes of a peer index table whose peers are all IPv4 with four-byte ASes (RFC 6396 section 4.3.1). BIRD's first entry is not a peer. */
function peersOf([index]: readonly MrtRecord[]): readonly number[] {
  if (index?.subtype !== PEER_INDEX_TABLE) throw new Error('no peer index table');
  const { body } = index;
  const names = 6 + body.readUInt16BE(4);
  const asns = Array.from({ length: body.readUInt16BE(names) }, (_, i) => body.readUInt32BE(names + 2 + i * 13 + 9));
  return asns.filter((asn) => asn !== 0);
}

/** Seconds since 1970 of `bview.20141221.1200.gz`. */
function timeInName(file: string): number {
  const digits = /\.(\d{4})(\d\d)(\d\d)\.(\d\d)(\d\d)\./.exec(file)?.slice(1).map(Number);
  if (digits === undefined) throw new Error(`no time in ${file}`);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = digits;
  return Date.UTC(year, month - 1, day, hour, minute) / 1000;
}
