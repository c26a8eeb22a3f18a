import type { z } from 'zod';
import { reachabilityText } from '../report/reach-words.ts';
import type { Reader } from '../history/stored.ts';
import { reachabilityOf, type Answers } from './answers.ts';
import type { Questions } from './questions.ts';
import { subjectsOf } from './subjects.ts';

/**
 * How the services of each territory stand, by its id: of those alone that are asked (`watch --probes`).
 *
 * @throws when what is stored has another form: it is of another version.
 */
export async function reachabilities(store: Reader): Promise<ReadonlyMap<string, z.infer<typeof reachabilityOf>>> {
  const records = await store.read('reachability');
  return new Map(records.map(({ key, value }) => [key, reachabilityOf.parse(JSON.parse(value))]));
}

/** The same with names and a sentence, of all territories or of one. @throws as `reachabilities` does. */
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
