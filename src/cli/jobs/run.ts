import { RunFolder } from '../../jobs/run-folder.ts';
import { bad, good, type Result } from '../../lib/result.ts';

/** The run of an id, or of its first characters. */
export async function openRun(out: string, id: string): Promise<Result<RunFolder>> {
  const all = await RunFolder.list(out);
  const matching = all.filter((each) => each.startsWith(id));
  const [found, other] = matching;
  if (found === undefined || other !== undefined)
    return bad('usage', `${out} has ${other === undefined ? 'no run' : 'several runs'} ${id}`);
  const run = await RunFolder.open(out, found);
  return typeof run === 'string' ? bad('data', run) : good(run);
}
