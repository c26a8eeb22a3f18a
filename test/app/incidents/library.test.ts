import { describe, expect, test } from 'vitest';
import { cardOfKnown, knownIncidents } from '../../../src/app/incidents/library.ts';
import { cardHtml, cardMarkdown } from '../../../src/report/incident-card.ts';

const KNOWN = await knownIncidents();
const namesOf = (kind: string): readonly string[] => KNOWN.filter((one) => one.kind === kind).map(({ name }) => name);

test('the library has every case that was collected, each with its right kind', () => {
  expect(namesOf('reconstructed')).toEqual([
    ...['2013-03-04', '2013-03-13', '2014-12-22', '2014-12-27', '2016-03-30', '2017-10-01', '2018-06-12'],
    ...['2022-01-26', '2022-01-27', '2022-11-17', '2025-03-18', '2025-06-06'],
    ...['cu-2022-09-29', 'ir-2026-01-08', 'sy-2023-06-25', 'tz-2025-10-29'],
  ]);
  expect(namesOf('archive')).toEqual([
    ...['2010-11-18', '2012-04-08', '2015-05', '2015-06-04', '2015-08-09', '2015-08-20', '2017-08-09'],
    ...['2021-05', '2022-01-14', '2022-01-31', '2024-01-11'],
  ]);
  expect(namesOf('published')).toEqual([
    ...['af-2025-09-29', 'bd-2024-07-18', 'cd-2018-01-21', 'cd-2018-12-31', 'cu-2021-07-11', 'cu-2022-11-26'],
    ...['cu-2024-03-17', 'eg-2011-01-27', 'et-2019-06-11', 'facebook-2021-10-04', 'ga-2016-08-28', 'ga-2019-01-07'],
    ...['gm-2016-11-30', 'iq-2013-10-11', 'iq-2016-07-15', 'iq-2018-07', 'iq-2019-10-02', 'iq-2025-05-20'],
    ...['ir-2009-06-13', 'ir-2019-11-16', 'jo-2012', 'kz-2022-01-05', 'ly-2011-02-18', 'ly-2011-03-03'],
    ...['mm-2007-09-28', 'mm-2021-02-01', 'optus-2023-11-07', 'ps-2023-10-27', 'rogers-2022-07-08', 'sd-2013-09-25'],
    ...['sd-2023-04-23', 'sx-2017-09-06', 'sy-2011-06-03', 'sy-2012-07-19', 'sy-2012-11-25', 'sy-2012-11-29'],
    ...['sy-2013-05-07', 'sy-2019-06-09', 'sy-2021-05-31', 'to-2022-01-15', 'ye-2022-01-20'],
  ]);
});

describe.each(KNOWN)('$name', (incident) => {
  const { window, published, sources, published_untimed: untimed } = incident;

  test('has a window, times within it, a source for each, and something that was published', () => {
    const [from, until] = [Date.parse(window.from), Date.parse(window.until)];
    expect(from).toBeLessThan(until);
    for (const { at, source } of published) {
      expect([from <= Date.parse(at), Date.parse(at) <= until, source in sources]).toEqual([true, true, true]);
    }
    // The one day that was invented says so.
    if (incident.name !== '2018-06-12') expect(published.length + untimed.length).toBeGreaterThan(0);
    expect(Object.keys(sources).length).toBeGreaterThan(0);
  });

  test('on a quiet day has no published time that an outage should meet', () => {
    const isQuiet = incident.kind === 'reconstructed' ? incident.expect.events.length === 0 : incident.quiet;
    if (isQuiet) expect(published.filter(({ met_by }) => met_by !== 'none')).toEqual([]);
  });

  test('has a card that quotes what was published with its source', () => {
    const card = cardOfKnown(incident);
    const [text, html] = [cardMarkdown(card), cardHtml(card)];
    for (const { name } of Object.values(sources)) expect(html).toContain(name.replaceAll('&', '&amp;'));
    expect(text).toContain('## Sources');
    expect(text.match(/“/g)?.length ?? 0).toBeGreaterThanOrEqual(published.length);
  });
});
