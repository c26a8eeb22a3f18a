import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { getText, type PoliteHttp } from '../../../streams/http/get.ts';
import { DAY_MS } from '../../bgp/time.ts';
import { refusal } from '../../lib/errno.ts';
import { bad, good, type Result } from '../../lib/result.ts';
import type { Clock } from '../../ports.ts';
import { cacheFolder } from '../archive/window.ts';
import { complain, type Io } from '../io.ts';
import { packageVersion } from '../package-root.ts';

/** Names of ASes by their number. */
export type AsNames = ReadonlyMap<number, string>;

/** Where the names come from, and where a copy of a URL is stored. */
export interface AsNamesOptions {
  /** A file or a URL. */
  readonly asNames?: string;
  readonly cache?: string;
  readonly offline?: boolean;
}

/** How long a copy of a URL is used. Milliseconds. */
const FRESH_MS = 7 * DAY_MS;
/** Largest size of a list. The list of RIPE NCC has 6 MB. */
const MOST_BYTES = 64 * 1024 * 1024;
const LONGEST_NAME = 60;

/**
 * Reads the names of `--as-names`; none without it. A URL is fetched into the cache, and its copy is used for a week.
 * If the URL cannot be fetched again, the old copy is used, with a warning.
 */
export async function asNames(
  options: AsNamesOptions,
  io: Pick<Io, 'env' | 'signal' | 'stderr'>,
  clock: Clock,
): Promise<Result<AsNames>> {
  const { asNames: place } = options;
  if (place === undefined) return good(new Map());
  const text = /^https?:\/\//.test(place) ? await fetched(place, options, io, clock) : await fileText(place);
  if (!text.ok) return text;
  const names = parseAsNames(text.value);
  return names.size > 0
    ? good(names)
    : bad('usage', `--as-names ${place}: no line is "4837 NAME", "AS4837 NAME" or "AS4837,NAME"`);
}

/**
 * Names of a list such as https://ftp.ripe.net/ripe/asnames/asn.txt (`4837 CHINA169-BACKBONE CHINA UNICOM, CN`) or
 * https://bgp.tools/asns.csv (`AS4837,"China Unicom",Eyeball,CN`). Other lines are skipped.
 */
export function parseAsNames(text: string): AsNames {
  const names = new Map<number, string>();
  for (const line of text.split(/\r?\n/)) {
    const match = /^(?:AS)?(\d{1,10})(?:,(?:"((?:[^"]|"")*)"|([^,"]*))|[ \t]+(.+))/i.exec(line);
    const name = (match?.[2]?.replaceAll('""', '"') ?? match?.[3] ?? match?.[4] ?? '').replace(/\p{C}+/gu, ' ').trim();
    if (name !== '')
      names.set(Number(match?.[1]), name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name);
  }
  return names;
}

async function fileText(path: string): Promise<Result<string>> {
  try {
    return good(await readFile(path, 'utf8'));
  } catch (error) {
    return bad('usage', `--as-names ${path}: ${refusal(error)}`);
  }
}

async function fetched(
  url: string,
  options: AsNamesOptions,
  io: Pick<Io, 'env' | 'signal' | 'stderr'>,
  clock: Clock,
): Promise<Result<string>> {
  const folder = cacheFolder(options, io);
  if (folder === undefined) return bad('usage', 'there is no home folder for the AS names: name one with --cache DIR');
  const path = join(folder, 'as-names', `${createHash('sha256').update(url).digest('hex').slice(0, 16)}.txt`);
  const copiedMs = await stat(path).then(
    ({ mtimeMs }) => mtimeMs,
    () => undefined,
  );
  const isFresh = copiedMs !== undefined && clock.wallMs() - copiedMs < FRESH_MS;
  if (isFresh || (options.offline === true && copiedMs !== undefined)) return fileText(path);
  if (options.offline === true) return bad('usage', `--as-names ${url}: --offline, and there is no copy in the cache`);
  const http: PoliteHttp = { clock, random: Math.random, userAgent: `unroutable/${packageVersion()}`, attempts: 2 };
  const got = await getText(url, MOST_BYTES, http, io.signal);
  if (got.ok && parseAsNames(got.text).size > 0) return stored(path, got.text);
  const reason = got.ok ? 'it is not a list of AS names' : got.reason;
  if (copiedMs === undefined) return bad('usage', `--as-names ${url}: ${reason}`);
  complain(io, `--as-names ${url}: ${reason}; the copy of ${new Date(copiedMs).toISOString().slice(0, 10)} is used`);
  return fileText(path);
}

/** Replaces the file completely or not at all. */
async function stored(path: string, text: string): Promise<Result<string>> {
  try {
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(`${path}.${process.pid}`, text);
    await rename(`${path}.${process.pid}`, path);
    return good(text);
  } catch (error) {
    return bad('files', `--cache: ${refusal(error)}`);
  }
}
