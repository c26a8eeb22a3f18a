import { expect, test } from 'vitest';
import { captionsOf } from '../../../src/app/report/captions.ts';
import type { SubjectFacts } from '../../../src/app/report/facts.ts';

test('the caption says whose collectors the data is of, also by the names that Route Views gives since 2023', () => {
  const facts = {
    subject: { about: { timeZone: undefined } },
    collectors: ['rrc00', 'route-views.sg', 'amsix.ams', 'lab'],
    ...{ stretches: [], voters: 3, timeline: { resolution: 'minute' } },
  } as unknown as SubjectFacts;
  expect(captionsOf(facts)[0]).toContain(
    'Received at rrc00 (RIPE RIS), route-views.sg (Route Views), amsix.ams (Route Views) and lab.',
  );
});
