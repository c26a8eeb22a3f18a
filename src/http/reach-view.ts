import type { z } from 'zod';
import { reachabilityText } from '../report/reach-words.ts';
import type { Reader } from '../history/stored.ts';
import { reachabilityOf, type Answers } from './answers.ts';
import type { Questions } from './questions.ts';
import { subjectsOf } from './subjects.ts';

/**
 * The reachability of each territory with probes (`watch --probes`), by id.
 *
 * @throws when another version of the program wrote the records.
 */
export async function reachabilities(store: Reader): Promise<ReadonlyMap<string, z.infer<typeof reachabilityOf>>> {
  const records = await store.read('reachability');
  return new Map(records.map(({ key, value }) => [key, reachabilityOf.parse(JSON.parse(value))]));
}

/** The reachability with names and a sentence, for all territories or for one. @throws like `reachabilities`. */
export async function reachabilityView(store: Reader, asked: Questions['territory']): Promise<Answers['reachability']> {
  const views = await reachabilities(store);
  const wanted = [...views].filter(([id]) => asked.territory === undefined || id === asked.territory);
  if (wanted.length === 0) return { territories: [] };
  const names = new Map((await subjectsOf(store)).map(({ territory, about }) => [territory, about.name]));
  return {
    territories: wanted.map(([territory, view]) => ({
      territory,
      name: names.get(territory) ?? territory,
      sentence: reachabilityText(view),
      ...view,
    })),
  };
}
