import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ArchiveFile } from '../../../streams/archive/layout.ts';
import { refusal } from '../../lib/errno.ts';
import { httpUrlFault, shownUrl } from '../../lib/http-url.ts';
import { bad, good, type Failure, type Result } from '../../lib/result.ts';
import type { Damage } from '../../report/summary.ts';
import type { Io } from '../io.ts';
import {
  fetchUrls,
  fetchWindow,
  strangers,
  URL_COLLECTOR,
  type WindowFiles,
  type WindowMeans,
  type WindowOptions,
} from './window.ts';
import type { WantedWindow } from './wanted.ts';

/** The input files on this machine, and what could not be fetched. */
export interface Inputs {
  readonly paths: readonly string[];
  /** Input that could not be fetched. */
  readonly missing: readonly Damage[];
  /** Damage in the archive itself, which the reader reports again. */
  readonly damaged: readonly Damage[];
  /** What a window should contain; `undefined`: these are files that were named. */
  readonly wanted?: WantedWindow;
  /** The path of the file that has the standard input. */
  readonly spooled?: string;
  /** Removes temporary files of this run. */
  readonly close: () => Promise<void>;
}

/** The window of time, when files are fetched. */
export type InputOptions = Partial<WindowOptions>;

/**
 * Turns what the command line names into files: a window of the public archives, URLs, `-` for standard input, and
 * local files.
 */
export async function openInputs(
  paths: readonly string[],
  options: InputOptions,
  io: Pick<Io, 'env' | 'signal'> & { readonly stdin?: Readable | undefined },
  means: WindowMeans,
): Promise<Result<Inputs>> {
  const misused = misuse(paths, options);
  if (misused !== undefined) return misused;
  if (options.from !== undefined && options.until !== undefined) {
    const { from, until } = options;
    const window = await fetchWindow({ ...options, from, until }, io, means);
    return window.ok ? good(inputs(window.value, [])) : window;
  }
  const urls = paths.filter(isUrl);
  const fetched = urls.length === 0 ? undefined : await fetchUrls(urls, options, io, means);
  if (fetched !== undefined && !fetched.ok) return fetched;
  const local = paths.filter((path) => !isUrl(path) && path !== '-');
  if (!paths.includes('-')) return good(inputs(fetched?.value, local));
  const spooled = await spool(io.stdin, io.signal);
  if (!spooled.ok) return spooled;
  const { path, close } = spooled.value;
  return good({ ...inputs(fetched?.value, [...local, path]), spooled: path, close });
}

/** Whether an input is an HTTP URL. */
export function isUrl(path: string): boolean {
  return /^https?:\/\//i.test(path);
}

/** Options that contradict each other. */
function misuse(paths: readonly string[], options: InputOptions): Failure | undefined {
  const { from, until, collectors, project } = options;
  const odd = paths.flatMap((path) => {
    const fault = isUrl(path) ? httpUrlFault(path) : undefined;
    return fault === undefined ? [] : [`${shownUrl(path)}: ${fault}`];
  });
  if (odd.length > 0) return bad('usage', ...odd);
  if (from === undefined) {
    if (paths.length === 0) return bad('usage', 'name files to read, or a window of the archives: --from and --until');
    if (collectors !== undefined || project !== undefined)
      return bad(
        'usage',
        '--collectors and --project choose from the archives: give the window with --from and --until',
      );
    return undefined;
  }
  if (paths.length > 0) return bad('usage', '--from fetches files from the archives: do not name other files');
  if (until === undefined) return bad('usage', '--from needs --until: the end of the window');
  const others = strangers(collectors ?? [], project);
  return others.length === 0
    ? undefined
    : bad('usage', `--project ${project}: ${others.join(', ')} belongs to the other archive`);
}

function inputs(fetched: WindowFiles | undefined, local: readonly string[]): Inputs {
  const files = fetched?.missing.map(({ file, reason }) => ({ file: nameOf(file), what: `not fetched: ${reason}` }));
  return {
    paths: [...(fetched?.paths ?? []), ...local],
    missing: [...(fetched?.faults ?? []), ...(files ?? [])],
    damaged: (fetched?.damaged ?? []).map(({ file, reason }) => ({ file: nameOf(file), what: `damaged: ${reason}` })),
    ...(fetched?.wanted !== undefined && { wanted: fetched.wanted }),
    close: async () => undefined,
  };
}

function nameOf({ collector, url }: ArchiveFile): string {
  if (collector === URL_COLLECTOR) return url;
  const name = new URL(url).pathname.split('/').at(-1) ?? '';
  return `${collector}/${name}`;
}

/** A file is read twice: its first bytes for planning, then all of it. So a pipe is first copied into a file. */
async function spool(
  stdin: Readable | undefined,
  signal: AbortSignal,
): Promise<Result<{ readonly path: string; readonly close: () => Promise<void> }>> {
  if (stdin === undefined) return bad('usage', '-: there is no standard input to read');
  const folder = await mkdtemp(join(tmpdir(), 'unroutable-stdin-'));
  const close = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const path = join(folder, 'stdin');
    await pipeline(stdin, createWriteStream(path, { mode: 0o600 }), { signal });
    return good({ path, close });
  } catch (error) {
    await close();
    return signal.aborted ? bad('interrupted') : bad('files', `-: ${refusal(error)}`);
  }
}
