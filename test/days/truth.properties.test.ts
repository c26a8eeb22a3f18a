import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HistoryRecorder } from '../../src/app/output/history-recorder.ts';
import { howMany } from '../support/thorough.ts';
import { elementsOf, played, randomDay, splitCast, strangeCast, usualCast, type RandomDay } from './random-days.ts';
import { evidenceIsWhole, formatsAgree, incidentsAreWhole, nothingBeganUnseen, countryTexts } from './truths.ts';

/**
 * The same days each time, five hundred of them in a thorough run, or as many as `PROPERTY_RUNS` asks for, of another seed if `PROPERTY_SEED` names one; each
 * is played twice. A failure prints its seed and path, for `fc.assert`. `npm run test:days` plays ten thousand.
 */
const RUNS = {
  numRuns: howMany('PROPERTY_RUNS', 150, 500),
  seed: Number(process.env['PROPERTY_SEED'] ?? 20141222),
};

/** These days may be compared without the voters that never had the country: some voter always usually has it. */
function withBaseline({ steps }: RandomDay): RandomDay {
  return {
    begin: usualCast.sessions.map(() => 3),
    steps: steps.map((one) => ({ ...one, wait: Math.min(one.wait, 4000) })),
  };
}

test('on random days: evidence, incidents, formats, strangers and second sessions', { timeout: 600_000 }, () => {
  fc.assert(
    fc.property(randomDay, fc.boolean(), (drawn, isUsual) => {
      const day = isUsual ? withBaseline(drawn) : drawn;
      const elements = elementsOf(day, usualCast);
      const isSameRoster =
        day.begin.every((networks) => networks === 3) &&
        day.steps.every(({ what }) => !['down', 'up', 'gap', 'blind', 'dump'].includes(what));
      const recorder = new HistoryRecorder();
      const { events } = played(elements, (engine) => recorder.watch(engine));
      evidenceIsWhole(events);
      incidentsAreWhole(events);
      nothingBeganUnseen(elements, events);
      for (const { spans, history } of recorder.seen) formatsAgree({ events, spans, bins: history.bins, isSameRoster });
      const said = countryTexts(events);
      const others = countryTexts(played(elementsOf(day, isUsual ? strangeCast : splitCast)).events);
      if (others.join() !== said.join()) expect(others).toEqual(said);
    }),
    RUNS,
  );
});
