import type { WindowMeans } from '../../app/archive/window.ts';
import type { InputOptions } from '../../app/archive/inputs.ts';
import { complain, type Io } from '../../app/io.ts';
import { PUBLIC_BROKER } from '../../config/public-broker.ts';
import type { FetchProgress } from '../../../streams/archive/fetch-files.ts';
import type { Clock } from '../../ports.ts';
import { durationText } from '../../report/clock.ts';
import { counted, grouped } from '../../report/printable.ts';
import { createProgressLine, megabytes } from '../output/progress.ts';
import type { ArchiveOptions } from './options.ts';

/** How commands fetch a window: with progress and warnings on stderr. */
export function meansOf(
  { quiet }: { readonly quiet?: boolean },
  io: Io,
  clock: Clock,
): { readonly window: WindowMeans; close(): void } {
  const line = createProgressLine(io, () => clock.monotonicMs());
  const begun = clock.monotonicMs();
  const onProgress = (progress: FetchProgress): void =>
    line.show(() => fetchText(progress, clock.monotonicMs() - begun));
  return {
    window: {
      clock,
      random: Math.random,
      report: ({ url, reason, waitMs }) => {
        line.clear();
        complain(io, `${url}: ${reason}; asked again in ${durationText(waitMs)}`);
      },
      ...(quiet !== true && { onProgress }),
    },
    close: () => line.clear(),
  };
}

/** `--broker` alone means the public one. */
export function windowOptions({ broker, ...options }: ArchiveOptions): InputOptions {
  return { ...options, ...(broker !== undefined && { broker: broker === true ? PUBLIC_BROKER : broker }) };
}

/** `fetching 12 of 95 files  130.2 MB  5.1 MB/s  2 min 3 s left` */
export function fetchText({ filesDone, filesTotal, bytes }: FetchProgress, elapsedMs: number): string {
  const isSure = elapsedMs >= 1000 && filesDone > 0 && filesDone < filesTotal;
  const parts = [
    `fetching ${grouped(filesDone)} of ${counted(filesTotal, 'file')}`,
    `${megabytes(bytes)} MB`,
    elapsedMs >= 1000 ? `${megabytes((bytes / elapsedMs) * 1000)} MB/s` : '',
    isSure ? `${durationText((elapsedMs / filesDone) * (filesTotal - filesDone))} left` : '',
  ];
  return parts.filter((part) => part !== '').join('  ');
}
