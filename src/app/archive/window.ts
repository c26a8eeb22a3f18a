import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { isKnownCollector, KNOWN_COLLECTORS } from '../../../streams/archive/collectors.ts';
import { brokerFinder } from '../../../streams/archive/broker.ts';
import { ArchiveCache } from '../../../streams/archive/cache.ts';
import { fetchFiles, type FetchedFiles, type FetchProgress } from '../../../streams/archive/fetch-files.ts';
import { listingFinder, type FoundFiles, type LookupFault } from '../../../streams/archive/find.ts';
import type { PoliteHttp } from '../../../streams/http/get.ts';
import { readFileName } from '../../../streams/mrt/archive/file-name.ts';
import {
  DUMP_WITHIN_MS,
  archiveOf,
  monthsBetween,
  placeOf,
  PUBLIC_ARCHIVES,
  type ArchiveBases,
  type ArchiveFile,
} from '../../../streams/archive/layout.ts';
import { parseCollector, type Collector, type Project } from '../../bgp/peer.ts';
import { DAY_MS, type EventTime } from '../../bgp/time.ts';
import { didYouMean } from '../../config/suggest.ts';
import { refusal } from '../../lib/errno.ts';
import { httpUrlFault } from '../../lib/http-url.ts';
import { bad, good, type Failure, type Result } from '../../lib/result.ts';
import type { Clock } from '../../ports.ts';
import { utcText } from '../../report/clock.ts';
import type { Io } from '../io.ts';
import { packageVersion } from '../package-root.ts';
import { userFolder } from '../user-folder.ts';
import type { WantedWindow } from './wanted.ts';

/** A window of an archive, as the command line names it. */
export interface WindowOptions {
  readonly from: EventTime;
  readonly until: EventTime;
  /** @default the multihop collector of each project, which have the longest history: rrc00 and route-views2 */
  readonly collectors?: readonly Collector[];
  readonly project?: Project;
  /** Folder of downloaded files. @default `cacheFolder` */
  readonly cache?: string;
  /** Largest size of the cache, bytes. @default 20 GB */
  readonly cacheSize?: number;
  readonly offline?: boolean;
  /** Base URL of a BGPKIT Broker, asked instead of the archives' listings. */
  readonly broker?: string;
  /** Contact for the User-Agent, for the archive's operators. */
  readonly contact?: string;
}

/** Files of a window that are on this machine now. */
export interface WindowFiles extends FetchedFiles {
  /** Listings that could not be read. */
  readonly faults: readonly LookupFault[];
  /** `undefined`: these are files named by their URLs. */
  readonly wanted?: WantedWindow;
}

/** Replaces the collector of a file that was named by its URL: the reader finds the collector. */
export const URL_COLLECTOR = 'url' as Collector;
/** Bytes that the cache of downloaded files may hold by default. */
export const DEFAULT_CACHE_BYTES = 20e9;
const DEFAULT_COLLECTORS: Readonly<Record<Project, string>> = { ris: 'rrc00', routeviews: 'route-views2' };
/** A year of one collector is 105,000 files. A larger window is a typing mistake. */
const LONGEST_WINDOW_MS = 366 * DAY_MS;

/**
 * The folder of `--cache`, else of $UNROUTABLE_CACHE, else the user's cache folder by the XDG base directory
 * specification.
 */
export function cacheFolder({ cache }: Pick<WindowOptions, 'cache'>, { env }: Pick<Io, 'env'>): string | undefined {
  const chosen = cache ?? env['UNROUTABLE_CACHE'];
  if (chosen !== undefined && chosen !== '') return chosen;
  const caches = userFolder('CACHE', { env });
  return caches === undefined ? undefined : join(caches, 'unroutable', 'archive');
}

/** The parts that tests replace. */
export interface WindowMeans {
  readonly clock: Clock;
  readonly random: () => number;
  readonly bases?: ArchiveBases;
  readonly report?: PoliteHttp['report'];
  readonly onProgress?: (progress: FetchProgress) => void;
}

/** Finds the files of a window in the public archives, and fetches those that are not in the cache. */
export async function fetchWindow(
  options: WindowOptions,
  io: Pick<Io, 'env' | 'signal'>,
  means: WindowMeans,
): Promise<Result<WindowFiles>> {
  const now = means.clock.wallMs();
  const misused = misuse(options, now);
  if (misused !== undefined) return misused;
  const folder = cacheFolder(options, io);
  if (folder === undefined) return bad('usage', 'there is no home folder for the files: name one with --cache DIR');
  const collectors = options.collectors ?? defaultCollectors(options.project);
  const bases = means.bases === undefined ? basesOf(io.env) : good(means.bases);
  if (!bases.ok) return bases;
  const cache = new ArchiveCache(folder, options.cacheSize ?? DEFAULT_CACHE_BYTES);
  const { from, until } = options;
  const wanted = { collectors, from, until, reach: Math.min(until, now) as EventTime };
  if (options.offline === true) {
    const cached = await fromCache(cache, collectors, options);
    return cached.ok ? good({ ...cached.value, wanted }) : cached;
  }

  const http = httpOf(options, means);
  const find = options.broker === undefined ? listingFinder(bases.value, http) : brokerFinder(options.broker, http);
  const found = await find({ collectors, fromMs: from, untilMs: until }, io.signal);
  if (io.signal.aborted) return bad('interrupted');
  const faults = saidOnce([...found.faults, ...misspelt(collectors, found)]);
  if (found.files.length === 0) {
    const texts = faults.map(({ file, what }) => `${file}: ${what}`);
    return bad('files', ...texts, 'the archives have no file in this window');
  }
  const fetched = await fetchAll(found.files, { cache, http, faults, means }, io.signal);
  return fetched.ok ? good({ ...fetched.value, wanted }) : fetched;
}

/** Windows that no archive can have. */
function misuse({ from, until }: WindowOptions, now: number): Failure | undefined {
  if (from === until)
    return bad('usage', '--from and --until are the same moment: a day ends with the first moment of the next one');
  if (from > until) return bad('usage', '--from must be before --until');
  if (until - from > LONGEST_WINDOW_MS) return bad('usage', 'a window is at most 366 days long: --from and --until');
  if (from > now) return bad('usage', `--from ${utcText(from)} is in the future: no archive has files of it yet`);
  return undefined;
}

/** Collectors for which nothing was found, because no archive has any of their names. */
function misspelt(collectors: readonly Collector[], { files }: FoundFiles): readonly LookupFault[] {
  const empty = collectors.filter((name) => files.every(({ collector }) => collector !== name));
  return empty.flatMap((file) => {
    const what = unknownText(file);
    return what === undefined ? [] : [{ file, what }];
  });
}

function saidOnce(faults: readonly LookupFault[]): readonly LookupFault[] {
  return faults.filter(({ file, what }, i) => i === faults.findIndex((one) => one.file === file && one.what === what));
}

/** Fetches files by their URLs: those given on the command line. */
export async function fetchUrls(
  urls: readonly string[],
  options: Pick<WindowOptions, 'cache' | 'cacheSize' | 'offline' | 'contact'>,
  io: Pick<Io, 'env' | 'signal'>,
  means: WindowMeans,
): Promise<Result<WindowFiles>> {
  const folder = cacheFolder(options, io);
  if (folder === undefined) return bad('usage', 'there is no home folder for the files: name one with --cache DIR');
  const cache = new ArchiveCache(folder, options.cacheSize ?? DEFAULT_CACHE_BYTES);
  const files = urls.map((url): ArchiveFile => {
    const { host, pathname, search } = new URL(url);
    const name = pathname.slice(pathname.lastIndexOf('/') + 1);
    const place = `url/${host}${pathname}${name === '' ? 'index' : ''}${search}`;
    // `latest-bview.gz` has new content every eight hours, so it is not cached.
    const isMutable = readFileName(name).start === undefined;
    return { collector: URL_COLLECTOR, kind: 'updates', start: 0, url, place, isMutable };
  });
  const { offline } = options;
  return fetchAll(files, { cache, http: httpOf(options, means), faults: [], means, offline }, io.signal);
}

/** What is wrong with the name of a collector; `undefined`: an archive has it. */
function unknownText(name: Collector): string | undefined {
  if (isKnownCollector(name)) return undefined;
  const meant = didYouMean(name, KNOWN_COLLECTORS);
  return `no collector of this name is known here${meant} (RIS has rrc00 to rrc26, Route Views route-views2, route-views.sg and others)`;
}

interface Fetching {
  readonly cache: ArchiveCache;
  readonly http: PoliteHttp;
  readonly faults: readonly LookupFault[];
  readonly means: WindowMeans;
  readonly offline?: boolean | undefined;
}

async function fetchAll(
  files: readonly ArchiveFile[],
  { cache, http, faults, means, offline }: Fetching,
  signal: AbortSignal,
): Promise<Result<WindowFiles>> {
  try {
    const { onProgress } = means;
    const fetched = await fetchFiles(
      files,
      { cache, http, ...(offline === true && { offline }), ...(onProgress !== undefined && { onProgress }) },
      signal,
    );
    if (signal.aborted) return bad('interrupted');
    await cache.settle(fetched.paths, means.clock.wallMs());
    return good({ ...fetched, faults });
  } catch (error) {
    return bad('files', `--cache ${cache.folder}: ${refusal(error)}`);
  }
}

/** Only files of earlier runs: the reader chooses from them by name. */
async function fromCache(
  cache: ArchiveCache,
  collectors: readonly Collector[],
  { from, until }: WindowOptions,
): Promise<Result<WindowFiles>> {
  const paths: string[] = [];
  const faults: LookupFault[] = [];
  for (const collector of new Set(collectors)) {
    const months = monthsBetween(collector, from - DUMP_WITHIN_MS, until);
    const folders = await Promise.all(months.map((month) => folderThere(cache.pathOf(placeOf(collector, month)))));
    const own = folders.flatMap((folder) => folder ?? []);
    paths.push(...own);
    if (own.length === 0) faults.push({ file: collector, what: 'nothing of this window is in the cache (--offline)' });
  }
  if (paths.length === 0) return bad('files', `--offline: nothing of this window is in ${cache.folder}`);
  return good({ paths, missing: [], damaged: [], faults });
}

async function folderThere(path: string): Promise<string | undefined> {
  return access(path).then(
    () => path,
    () => undefined,
  );
}

function defaultCollectors(project: Project | undefined): readonly Collector[] {
  const projects: readonly Project[] = project === undefined ? ['ris', 'routeviews'] : [project];
  return projects.flatMap((one) => parseCollector(DEFAULT_COLLECTORS[one]) ?? []);
}

/** Collectors that do not belong to the project named with them. */
export function strangers(collectors: readonly Collector[], project: Project | undefined): readonly Collector[] {
  return project === undefined ? [] : collectors.filter((collector) => archiveOf(collector) !== project);
}

/** Mirrors and tests use other servers. */
function basesOf(env: Io['env']): Result<ArchiveBases> {
  const faults: string[] = [];
  const baseOf = (name: string, usual: string): string => {
    const chosen = env[name] ?? '';
    const fault = chosen === '' ? undefined : httpUrlFault(chosen);
    if (fault !== undefined) faults.push(`${name}: ${fault}; it must be one like ${usual}`);
    return (chosen === '' ? usual : chosen).replace(/\/+$/, '');
  };
  const ris = baseOf('UNROUTABLE_RIS_ARCHIVE', PUBLIC_ARCHIVES.ris);
  const routeviews = baseOf('UNROUTABLE_ROUTEVIEWS_ARCHIVE', PUBLIC_ARCHIVES.routeviews);
  return faults.length === 0 ? good({ ris, routeviews }) : bad('usage', ...faults);
}

function httpOf({ contact }: Pick<WindowOptions, 'contact'>, { clock, random, report }: WindowMeans): PoliteHttp {
  const who = contact === undefined ? '' : `; ${contact}`;
  const userAgent = `unroutable/${packageVersion()} (BGP archive replay${who})`;
  return { clock, random, userAgent, pauses: new Map(), ...(report !== undefined && { report }) };
}
