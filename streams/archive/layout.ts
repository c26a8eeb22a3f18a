import { projectOf, type Collector, type Project } from '../../src/bgp/peer.ts';
import type { FileKind } from '../mrt/archive/file-name.ts';
import { isInPacificTime, utcOfPacific } from '../mrt/archive/pacific.ts';

/** Where the archives are: base URLs without a slash at the end. */
export type ArchiveBases = Readonly<Record<Project, string>>;

/** Where the public archives are. */
export const PUBLIC_ARCHIVES: ArchiveBases = {
  ris: 'https://data.ris.ripe.net',
  routeviews: 'https://archive.routeviews.org',
};

/** One file of an archive. */
export interface ArchiveFile {
  readonly collector: Collector;
  readonly kind: FileKind;
  /** Event time at which it begins, by its name. Milliseconds since 1970-01-01T00:00:00Z. */
  readonly start: number;
  readonly url: string;
  /**
   * The path of the copy in the cache: `rrc00/bgpdata/2014.12/bview.20141222.0000.gz`. It contains the collector,
   * whatever the mirror, so that `replay` can read the cache directly.
   */
  readonly place: string;
  /** The URL may later give another file. @default false: files of archives do not change */
  readonly isMutable?: boolean;
}

/** The folder of a collector's copies of one month; see `ArchiveFile.place`. */
export function placeOf(collector: Collector, month: string): string {
  return `${collector}/bgpdata/${month}`;
}

/** The archive with a collector's files: for a name that we do not know, that of Route Views, which adds names freely. */
export function archiveOf(collector: Collector): Project {
  return projectOf(collector) ?? 'routeviews';
}

/**
 * The folder of an archive that lists a collector's files of one kind of one month, as a URL with a slash at the end.
 *
 * RIS keeps dumps and updates in one folder a month (https://ris.ripe.net/docs/mrt/), Route Views apart
 * (https://www.routeviews.org/routeviews/index.php/archive/); its first collector has no folder of its own.
 *
 * @param month `2014.12`.
 */
export function folderOf(collector: Collector, kind: FileKind, month: string, bases: ArchiveBases): string {
  if (archiveOf(collector) === 'ris') return `${bases.ris}/${collector}/${month}/`;
  const own = collector === 'route-views2' ? '' : `/${collector}`;
  return `${bases.routeviews}${own}/bgpdata/${month}/${kind === 'rib' ? 'RIBS' : 'UPDATES'}/`;
}

const NAME = /^(bview|view|rib|updates)\.(\d{4})(\d{2})(\d{2})\.(\d{2})(\d{2})(?:\d{2})?\.(?:gz|bz2)$/;

/** Kind and time from the name of a file in a collector's folder; `undefined`: not a file of the archive. */
export function fileOf(name: string, folder: string, collector: Collector): ArchiveFile | undefined {
  const match = NAME.exec(name);
  if (match === null) return undefined;
  const [, word, year, month, day, hour, minute] = match;
  const written = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute));
  const start = isInPacificTime(collector, written) ? utcOfPacific(written) : written;
  const place = `${placeOf(collector, `${year}.${month}`)}/${name}`;
  return { collector, kind: word === 'updates' ? 'updates' : 'rib', start, url: `${folder}${name}`, place };
}

/**
 * The folders of months in which a collector's files from one moment to another lie, both included: `2014.11`, `2014.12`. Where
 * names are in Pacific time, the folder is that of the name: the first hours of a month in UTC lie in the month before.
 */
export function monthsBetween(collector: Collector, fromMs: number, untilMs: number): readonly string[] {
  const months: string[] = [];
  const first = new Date(isInPacificTime(collector, fromMs - PACIFIC_MOST_MS) ? fromMs - PACIFIC_MOST_MS : fromMs);
  for (let i = 0; ; i++) {
    const begin = Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + i, 1);
    if (begin > untilMs) return months;
    months.push(monthOf(begin));
  }
}

/** Pacific time is at most this far behind UTC. */
export const PACIFIC_MOST_MS = 8 * 3_600_000;

/** The folder of a month in an archive: `2014.12`. */
export function monthOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 7).replace('-', '.');
}

/** An update file, and the event time up to which it reaches. */
export interface UpdateFile extends ArchiveFile {
  /** Where it is not known: `start`, or the longest interval after it. */
  readonly end: number;
}

/** A window of event time: the first and the last moment wanted, milliseconds since 1970-01-01T00:00:00Z. */
export interface EventWindow {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** A dump is looked for this long before a window. Route Views dumps every 2 h, RIS every 8 h; no collector leaves more. */
export const DUMP_WITHIN_MS = 24 * 3_600_000;

/** The dump with which a window begins: the last one before it. `dumps` are in order of time. */
export function dumpBefore(dumps: readonly ArchiveFile[], fromMs: number): ArchiveFile | undefined {
  return dumps.findLast(({ start }) => start <= fromMs && start >= fromMs - DUMP_WITHIN_MS);
}

/**
 * The files of one collector that a window needs: the last dump before it, the dumps inside, and the updates that reach
 * into the time since that dump, or into the window if there is none. The dumps first, then the updates, each in order of time.
 */
export function filesOfWindow(
  dumps: readonly ArchiveFile[],
  updates: readonly UpdateFile[],
  { fromMs, untilMs }: EventWindow,
): readonly ArchiveFile[] {
  const begin = dumpBefore(dumps, fromMs)?.start ?? fromMs;
  return [
    ...dumps.filter(({ start }) => start >= begin && start <= untilMs),
    ...updates.filter(({ start, end }) => (start >= begin || end > begin) && start <= untilMs),
  ];
}
