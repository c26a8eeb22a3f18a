import { openInputs } from '../../app/archive/inputs.ts';
import { complain, type Io } from '../../app/io.ts';
import { systemClock } from '../../app/system-clock.ts';
import { counted } from '../../report/printable.ts';
import type { Clock } from '../../ports.ts';
import { EXIT, failed, type ExitStatus } from '../exit-status.ts';
import { meansOf, windowOptions } from './means.ts';
import type { ArchiveOptions } from './options.ts';

/** The parsed options of `fetch`. */
export interface FetchOptions extends ArchiveOptions {
  readonly quiet?: boolean;
}

/** `unroutable fetch`: downloads the files of a window into the cache, and prints their paths. */
export async function fetchArchive(
  urls: readonly string[],
  options: FetchOptions,
  io: Io,
  clock: Clock = systemClock,
): Promise<ExitStatus> {
  const means = meansOf(options, io, clock);
  const fetched = await openInputs(urls, windowOptions(options), io, means.window);
  means.close();
  if (!fetched.ok) return failed(fetched, io);
  const { paths, missing, damaged } = fetched.value;
  for (const { file, what } of [...missing, ...damaged]) complain(io, `${file}: ${what}`);
  if (paths.length > 0) io.stdout.write(`${paths.join('\n')}\n`);
  if (options.quiet !== true) io.stderr.write(`${counted(paths.length, 'file')} in the cache\n`);
  if (paths.length === 0) return EXIT.files;
  return missing.length + damaged.length === 0 ? EXIT.done : EXIT.partial;
}
