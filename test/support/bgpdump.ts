import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addressText, parseAddress } from '../../src/bgp/prefix.ts';

/** Whether RIPE NCC's bgpdump is on PATH. It answers to a call without a file by its usage and version. */
export const hasBgpdump: boolean = spawnSync('bgpdump', [], { encoding: 'utf8' }).error === undefined;

/** For names of suites: why the comparison with bgpdump is skipped. */
export const bgpdumpNote: string = hasBgpdump ? '' : ' (skipped: bgpdump is not on PATH)';

/**
 * The rows of `bgpdump -m FILE` or, of MRT records in memory, `bgpdump -m -`; each as `normalRow` gives it. It writes to
 * a file, so that it goes on while we decode.
 */
export async function bgpdumpRows(input: string | readonly Uint8Array[]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'bgpdump-'));
  try {
    const output = join(folder, 'rows');
    await bgpdump(['-m', '-q', '-O', output, typeof input === 'string' ? input : '-'], input);
    return rowsOf(await readFile(output, 'latin1'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The rows of a text that bgpdump wrote. */
export function rowsOf(text: string): string[] {
  return text.split('\n').slice(0, -1).map(normalRow);
}

async function bgpdump(options: readonly string[], input: string | readonly Uint8Array[]): Promise<void> {
  const child = spawn('bgpdump', options, { stdio: ['pipe', 'ignore', 'ignore'] });
  const exit = once(child, 'close');
  // It may end before it has read everything.
  child.stdin.on('error', () => undefined);
  child.stdin.end(typeof input === 'string' ? undefined : Buffer.concat(input));
  const [status] = (await exit) as [number | null];
  if (status !== 0) throw new Error(`bgpdump ended with ${status}`);
}

/**
 * A line of `bgpdump -m` without the attributes that we do not read, in the order
 * `kind|time|peer address|peer AS|prefix[|path identifier]|AS path`, for STATE `…|old|new`. Everything stays as it was
 * printed but IPv6 addresses, which become RFC 5952's: bgpdump shortens a single zero group, too (section 4.2.2).
 */
export function normalRow(line: string): string {
  // By places, for the half million rows of a file: a list of all fields of each costs thrice as much.
  const timeAt = endOf(line, 0) + 1;
  const kindAt = endOf(line, timeAt) + 1;
  const addressAt = endOf(line, kindAt) + 1;
  const addressEnd = endOf(line, addressAt);
  const asnEnd = endOf(line, addressEnd + 1);
  const kind = line.slice(kindAt, addressAt - 1);
  const address = normalAddress(line.slice(addressAt, addressEnd));
  const head = `${kind}|${line.slice(timeAt, kindAt - 1)}|${address}${line.slice(addressEnd, asnEnd)}`;
  const firstEnd = endOf(line, asnEnd + 1);
  if (kind === 'STATE') return head + line.slice(asnEnd, endOf(line, firstEnd + 1));

  const slash = line.indexOf('/', asnEnd);
  const prefix = `${head}|${normalAddress(line.slice(asnEnd + 1, slash))}${line.slice(slash, firstEnd)}`;
  const hasPathId = line.startsWith('_AP|', timeAt - 4);
  const lastEnd = hasPathId ? endOf(line, firstEnd + 1) : firstEnd;
  const end = kind === 'W' ? lastEnd : endOf(line, lastEnd + 1);
  return prefix + line.slice(firstEnd, end);
}

function endOf(line: string, from: number): number {
  const at = line.indexOf('|', from);
  return at === -1 ? line.length : at;
}

const MAX_KNOWN = 65_536;
const known = new Map<string, string>();

function normalAddress(text: string): string {
  if (!text.includes(':')) return text;
  const found = known.get(text);
  if (found !== undefined) return found;

  const address = parseAddress(text);
  const normal = address === undefined ? text : addressText(address.family, address.words);
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(text, normal);
  return normal;
}
