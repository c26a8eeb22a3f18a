import { decoderVersion } from '../../app/decoder-version.ts';
import type { Io } from '../../app/io.ts';
import { openExtracts } from '../../app/replay/extract-archive.ts';
import type { ReplayOptions } from '../../app/replay/options.ts';
import { shelvesOf, type Shelves } from '../../jobs/shelf/shelves.ts';
import { bad } from '../../lib/result.ts';
import type { ExitStatus } from '../exit-status.ts';
import { replayed, type OpenArchive } from '../replay/replay.ts';
import { shelfMeans } from './shelf-means.ts';

/** `unroutable reduce`: evaluates one territory over the extracts of any number of days and collectors. */
export async function reduce(extracts: readonly string[], options: ReplayOptions, io: Io): Promise<ExitStatus> {
  const { status } = await replayed(extracts, options, io, opener(shelvesOf(shelfMeans(io))));
  return status;
}

const opener =
  (shelves: Shelves): OpenArchive =>
  async (paths, options, { territories }) => {
    const [first, ...others] = territories;
    if (first === undefined || others.length > 0)
      return bad('usage', 'reduce judges one territory at a time: choose it with --territory, and run one for each');
    const { territory } = first;
    return openExtracts(paths, territory, decoderVersion(), { ...options, shelves, watch: territory.blocks });
  };
