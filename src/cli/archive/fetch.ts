import { planMrt } from '../../../streams/mrt/archive/archive.ts';
import { isUrl, openInputs, type Inputs } from '../../app/archive/inputs.ts';
import { holesIn, lackingIn } from '../../app/archive/wanted.ts';
import { complain, type Io } from '../../app/io.ts';
import { systemClock } from '../../app/system-clock.ts';
import { counted } from '../../report/printable.ts';
import type { Damage } from '../../report/summary.ts';
import { bad } from '../../lib/result.ts';
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
  const others = urls.filter((url) => !isUrl(url));
  if (others.length > 0)
    return failed(bad('usage', `${others.join(', ')}: fetch downloads URLs, or a window: --from and --until`), io);
  const means = meansOf(options, io, clock);
  const fetched = await openInputs(urls, windowOptions(options), io, means.window);
  means.close();
  if (!fetched.ok) return failed(fetched, io);
  const { paths, missing, damaged } = fetched.value;
  const faults = [...missing, ...damaged, ...(await lackOf(fetched.value))];
  for (const { file, what } of faults) complain(io, `${file}: ${what}`);
  if (paths.length > 0) io.stdout.write(`${paths.join('\n')}\n`);
  if (options.quiet !== true) io.stderr.write(`${counted(paths.length, 'file')} in the cache\n`);
  if (paths.length === 0) return EXIT.files;
  return faults.length === 0 ? EXIT.done : EXIT.partial;
}

/** What the window lacks beyond the files that could not be fetched: the archive itself may have holes. */
async function lackOf({ paths, missing, wanted }: Inputs): Promise<readonly Damage[]> {
  if (wanted === undefined || paths.length === 0) return [];
  const planned = await planMrt({ paths, since: wanted.from, until: wanted.until, reach: wanted.reach });
  if (!planned.ok) return [];
  const lacking = lackingIn(planned.plan, wanted).filter(({ file }) => missing.every((known) => known.file !== file));
  return [...lacking, ...holesIn(planned.plan)];
}
