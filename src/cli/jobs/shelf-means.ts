import type { Io } from '../../app/io.ts';
import { systemClock } from '../../app/system-clock.ts';
import type { ShelfMeans } from '../../jobs/shelf/open.ts';

/** What a shelf needs of this command. A store that speaks S3 is asked until the command is stopped. */
export function shelfMeans({ env, signal }: Pick<Io, 'env' | 'signal'>): ShelfMeans {
  return { env, signal, clock: systemClock, random: Math.random };
}
