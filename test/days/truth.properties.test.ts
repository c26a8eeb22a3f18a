import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HistoryRecorder } from '../../src/app/output/history-recorder.ts';
import { elementsOf, played, randomDay, splitCast, strangeCast, usualCast, type RandomDay } from './random-days.ts';
import { evidenceIsWhole, formatsAgree, incidentsAreWhole, nothingBeganUnheard, saidOfCountry } from './truths.ts';

/**
 * The same days each time, or as many others as `PROPERTY_RUNS` asks for, each played three times: a failure names its seed
 * and path, for `fc.assert`.
 */
const ASKED = process.env['PROPERTY_RUNS'];
const RUNS = ASKED === undefined ? { numRuns: 1000, seed: 20141222 } : { numRuns: Number(ASKED) };

/** Fewer can be heard after these. */
const SILENT: ReadonlySet<string> = new Set(['down', 'gap', 'blind']);

/** Of these days one may ask what is said without the voters that never had the country: somebody always usually has it. */
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
      const recorder = new HistoryRecorder();
      const { events } = played(elements, (engine) => recorder.watch(engine));
      evidenceIsWhole(events);
      incidentsAreWhole(events);
      if (isUsual && !day.steps.some(({ what }) => SILENT.has(what))) nothingBeganUnheard(elements, events);
      for (const { spans, history } of recorder.seen) formatsAgree({ events, spans, bins: history.bins });
      const said = saidOfCountry(events);
      expect(saidOfCountry(played(elementsOf(day, splitCast)).events)).toEqual(said);
      if (isUsual) expect(saidOfCountry(played(elementsOf(day, strangeCast)).events)).toEqual(said);
    }),
    RUNS,
  );
});
