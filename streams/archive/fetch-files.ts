import type { ArchiveFile } from './layout.ts';
import { download, type DownloadOptions } from './download.ts';

/** Concurrent downloads per host. Volunteers run the archives on shared lines. */
const AT_ONCE = 3;

/** The result of fetching a window. */
export interface FetchedFiles {
  /** Paths of the files that are here, in the order of the files. */
  readonly paths: readonly string[];
  readonly missing: readonly { readonly file: ArchiveFile; readonly reason: string }[];
  /** Files whose container is broken in the archive itself. */
  readonly damaged: readonly { readonly file: ArchiveFile; readonly reason: string }[];
}

/** Progress. */
export interface FetchProgress {
  readonly filesDone: number;
  readonly filesTotal: number;
  /** Received from the network. */
  readonly bytes: number;
}

/**
 * Fetches the files that are not in the cache, a few at a time for each host. Ends early, with what it has, when `signal`
 * aborts; the rest is then `missing`.
 *
 * @throws an error of the file system when the cache cannot be written.
 */
export async function fetchFiles(
  files: readonly ArchiveFile[],
  options: DownloadOptions & { readonly onProgress?: (progress: FetchProgress) => void },
  signal: AbortSignal,
): Promise<FetchedFiles> {
  const outcomes = new Map<ArchiveFile, Awaited<ReturnType<typeof download>>>();
  let bytes = 0;
  const show = (): void => options.onProgress?.({ filesDone: outcomes.size, filesTotal: files.length, bytes });
  const onBytes = (more: number): void => {
    bytes += more;
    show();
  };
  const byHost = new Map<string, ArchiveFile[]>();
  for (const file of files) {
    const { host } = new URL(file.url);
    byHost.set(host, [...(byHost.get(host) ?? []), file]);
  }
  const work = async (queue: ArchiveFile[]): Promise<void> => {
    for (let file = queue.shift(); file !== undefined && !signal.aborted; file = queue.shift()) {
      outcomes.set(file, await download(file, { ...options, onBytes }, signal));
      show();
    }
  };
  await Promise.all([...byHost.values()].flatMap((queue) => Array.from({ length: AT_ONCE }, () => work(queue))));
  return sorted(files, outcomes);
}

function sorted(
  files: readonly ArchiveFile[],
  outcomes: ReadonlyMap<ArchiveFile, Awaited<ReturnType<typeof download>>>,
): FetchedFiles {
  const paths: string[] = [];
  const missing: { file: ArchiveFile; reason: string }[] = [];
  const damaged: { file: ArchiveFile; reason: string }[] = [];
  for (const file of files) {
    const outcome = outcomes.get(file);
    if (outcome?.ok !== true) missing.push({ file, reason: outcome?.reason ?? 'it was not fetched: interrupted' });
    else {
      paths.push(outcome.path);
      if (outcome.damage !== undefined) damaged.push({ file, reason: outcome.damage });
    }
  }
  return { paths, missing, damaged };
}
