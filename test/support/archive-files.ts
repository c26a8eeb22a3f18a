import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { mrtFilesIn, ROOT } from './cli.ts';

/** A recording under incidents/: its begin, and the end of the files; by default its last message. */
export interface RecordedDay {
  readonly name: string;
  readonly from: string;
  readonly until?: string;
}

const DECEMBER_2014: RecordedDay = { name: '2014-12-22', from: '2014-12-21T12:00:00Z' };

interface Layout {
  readonly minutes: number;
  readonly rib: string;
  readonly ending: string;
  readonly day?: RecordedDay;
}

/**
 * A recording of the package, by default that of December 2014, in the form of the archives: one collector's updates in
 * files of 5 minutes (RIS) or 15 (Route Views), and its unchanged dumps. By path from the archive's root.
 */
export async function archiveOf(
  recording: 'reconstructed-a' | 'reconstructed-b',
  folder: (kind: 'rib' | 'updates') => string,
  { minutes, rib, ending, day = DECEMBER_2014 }: Layout,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const path of await mrtFilesIn(join(ROOT, 'incidents', day.name, recording))) {
    const packed = await readFile(path);
    if (basename(path).startsWith('bview')) {
      files.set(`${folder('rib')}${rib}${basename(path).slice('bview'.length, -'gz'.length)}${ending}`, packed);
      continue;
    }
    for (const [name, bytes] of pieces(gunzipSync(packed), minutes, day))
      files.set(`${folder('updates')}updates.${name}.${ending}`, gzipSync(bytes));
  }
  return files;
}

/** From the recording's dump on: MRT records (RFC 6396 section 2) by the file that their time puts them in; a quiet time has a file with a KEEPALIVE. */
function pieces(bytes: Buffer, minutes: number, { from, until }: RecordedDay): ReadonlyMap<string, Buffer> {
  const step = minutes * 60;
  const cut = new Map<number, Buffer[]>();
  for (let at = 0; at < bytes.length;) {
    const length = 12 + bytes.readUInt32BE(at + 8);
    const start = Math.floor(bytes.readUInt32BE(at) / step) * step;
    cut.set(start, [...(cut.get(start) ?? []), bytes.subarray(at, at + length)]);
    at += length;
  }
  const first = Date.parse(from) / 1000;
  const last = until === undefined ? Math.max(...cut.keys()) : Date.parse(until) / 1000 - 1;
  const names = new Map<string, Buffer>();
  for (let start = first; start <= last; start += step) {
    const name = new Date(start * 1000).toISOString().replace(/^(\d+)-(\d+)-(\d+)T(\d+):(\d+).*/, '$1$2$3.$4$5');
    names.set(name, Buffer.concat(cut.get(start) ?? [keepalive(bytes, start)]));
  }
  return names;
}

/** BGP4MP of RFC 6396 section 4.4, MESSAGE_AS4: type 16, subtype 4. */
const MESSAGE_AS4 = (16 << 16) | 4;

/** The message of a quiet minute: a KEEPALIVE (RFC 4271 section 4.4) of an IPv4 peer. */
function keepalive(bytes: Buffer, seconds: number): Buffer {
  for (let at = 0; at < bytes.length; at += 12 + bytes.readUInt32BE(at + 8)) {
    const isIpv4 = bytes.readUInt16BE(at + 12 + 10) === 1;
    if (bytes.readUInt32BE(at + 4) !== MESSAGE_AS4 || !isIpv4) continue;
    const peer = bytes.subarray(at + 12, at + 12 + 20);
    const message = Buffer.concat([Buffer.alloc(16, 0xff), Buffer.from([0, 19, 4])]);
    const header = Buffer.alloc(12);
    header.writeUInt32BE(seconds, 0);
    header.writeUInt32BE(MESSAGE_AS4, 4);
    header.writeUInt32BE(peer.length + message.length, 8);
    return Buffer.concat([header, peer, message]);
  }
  throw new Error('there is no message of an IPv4 peer');
}
