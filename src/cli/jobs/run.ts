import { RunFolder } from '../../jobs/run-folder.ts';
import { openShelf } from '../../jobs/shelf/open.ts';
import type { Shelf } from '../../jobs/shelf/shelf.ts';
import type { Io } from '../../app/io.ts';
import { refusal } from '../../lib/errno.ts';
import { bad, good, type Result } from '../../lib/result.ts';
import { shelfMeans } from './shelf-means.ts';

/** The run with this id, or with an id that starts so. */
export async function openRun(out: string, id: string, io: Pick<Io, 'env' | 'signal'>): Promise<Result<RunFolder>> {
  const shelf = openShelf(out, shelfMeans(io));
  if (!shelf.ok) return shelf;
  try {
    return await runOf(shelf.value, id);
  } catch (error) {
    return io.signal.aborted ? bad('interrupted') : bad('again', refusal(error));
  }
}

async function runOf(shelf: Shelf, id: string): Promise<Result<RunFolder>> {
  const exact = await RunFolder.open(shelf, id);
  if (typeof exact !== 'string') return good(exact);
  const matching = (await RunFolder.list(shelf)).filter((each) => each.startsWith(id));
  const [found, other] = matching;
  if (found === undefined || other !== undefined)
    return bad('usage', `${shelf.name} has ${other === undefined ? 'no run' : 'several runs'} ${id}`);
  const run = found === id ? exact : await RunFolder.open(shelf, found);
  return typeof run === 'string' ? bad('data', run) : good(run);
}
