import { parseCollector } from '../../src/bgp/peer.ts';
import { NO_DUMP, type ArchiveFinder, type ArchiveWindow, type FoundFiles, type LookupFault } from './find.ts';
import { getText, type ArchiveHttp } from './http.ts';
import { fileOf, type ArchiveFile } from './layout.ts';

/** The server refuses pages of more than 1,000 rows. */
const PAGE_SIZE = 1_000;
const MOST_PAGES = 200;
const MOST_ANSWER_BYTES = 8 * 1024 * 1024;
const DUMP_WITHIN_MS = 24 * 3_600_000;

/** Finds files with the BGPKIT Broker API. It knows files a few minutes after they are published. */
export function brokerFinder(baseUrl: string, http: ArchiveHttp): ArchiveFinder {
  return async (window, signal) => {
    const from = window.fromMs - DUMP_WITHIN_MS;
    const [dumps, updates] = await Promise.all([
      search(baseUrl, { ...window, fromMs: from, kind: 'rib' }, http, signal),
      search(baseUrl, { ...window, fromMs: from, kind: 'updates' }, http, signal),
    ]);
    const faults = [dumps.fault, updates.fault].filter((fault) => fault !== undefined);
    const files = window.collectors.flatMap((collector) => {
      const own = (all: readonly Row[]): Row[] =>
        all.filter((row) => row.collector === collector).sort((a, b) => a.start - b.start);
      const ribs = own(dumps.rows);
      const seed = ribs.findLast(({ start }) => start <= window.fromMs);
      const begin = seed?.start ?? window.fromMs;
      if (seed === undefined && dumps.fault === undefined) faults.push({ file: collector, what: NO_DUMP });
      return [
        ...ribs.filter(({ start }) => start >= begin && start <= window.untilMs),
        ...own(updates.rows).filter(({ start, end }) => end > begin && start <= window.untilMs),
      ];
    });
    return { files, faults } satisfies FoundFiles;
  };
}

interface Row extends ArchiveFile {
  readonly end: number;
}

async function search(
  baseUrl: string,
  { kind, collectors, fromMs, untilMs }: ArchiveWindow & { readonly kind: 'rib' | 'updates' },
  http: ArchiveHttp,
  signal: AbortSignal,
): Promise<{ readonly rows: readonly Row[]; readonly fault?: LookupFault }> {
  const rows: Row[] = [];
  for (let page = 1; page <= MOST_PAGES; page++) {
    const url = new URL(`${baseUrl}/search`);
    const query = {
      ts_start: String(Math.floor(fromMs / 1000)),
      ts_end: String(Math.ceil(untilMs / 1000)),
      collector_id: collectors.join(','),
      data_type: kind,
      page: String(page),
      page_size: String(PAGE_SIZE),
    };
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const answer = await getText(url.href, MOST_ANSWER_BYTES, http, signal);
    if (!answer.ok) return { rows, fault: { file: baseUrl, what: answer.reason } };
    const some = rowsOf(answer.text, kind);
    if (some === undefined)
      return { rows, fault: { file: baseUrl, what: 'the answer is not one of the BGPKIT Broker' } };
    rows.push(...some);
    if (some.length < PAGE_SIZE) return { rows };
  }
  const what = `more than ${MOST_PAGES * PAGE_SIZE} files: ask for a shorter window`;
  return { rows, fault: { file: baseUrl, what } };
}

/** `undefined`: it is not an answer of the broker. Rows of other forms are left out. */
function rowsOf(text: string, kind: 'rib' | 'updates'): Row[] | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return undefined;
  }
  const data = typeof answer === 'object' && answer !== null && 'data' in answer ? answer.data : undefined;
  if (!Array.isArray(data)) return undefined;
  return data.flatMap((row: Record<string, unknown>) => {
    const collector = typeof row['collector_id'] === 'string' ? parseCollector(row['collector_id']) : undefined;
    const [start, end] = [utcOf(row['ts_start']), utcOf(row['ts_end'])];
    const { url } = row;
    if (collector === undefined || start === undefined || typeof url !== 'string' || !URL.canParse(url)) return [];
    const name = new URL(url).pathname.split('/').at(-1) ?? '';
    const file = fileOf(name, url.slice(0, url.length - name.length), collector);
    return file === undefined ? [] : [{ ...file, kind, start, end: end ?? start, url }];
  });
}

/** `2014-12-22T16:00:00`: naive, in UTC. */
function utcOf(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  const ms = Date.parse(/[zZ]|[+-]\d\d:\d\d$/.test(value) ? value : `${value}Z`);
  return Number.isNaN(ms) ? undefined : ms;
}
