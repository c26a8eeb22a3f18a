import { reachabilityText } from '../report/reach-words.ts';
import type { Reader } from '../history/stored.ts';
import { reachabilityOf, type Answers } from './answers.ts';
import type { Questions } from './questions.ts';
import { subjectsOf } from './subjects.ts';

/**
 * Whether services inside the territories answer: of those alone that are asked (`watch --probes`).
 *
 * @throws when what is stored has another form: it is of another version.
 */
export async function reachabilityView(store: Reader, asked: Questions['territory']): Promise<Answers['reachability']> {
  const [records, subjects] = await Promise.all([store.read('reachability'), subjectsOf(store)]);
  const names = new Map(subjects.map(({ territory, about }) => [territory, about.name]));
  return {
    territories: records
      .filter(({ key }) => asked.territory === undefined || key === asked.territory)
      .map(({ key, value }) => {
        const view = reachabilityOf.parse(JSON.parse(value));
        return { territory: key, name: names.get(key) ?? key, sentence: reachabilityText(view), ...view };
      }),
  };
}
