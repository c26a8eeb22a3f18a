import { describe, expect, test } from 'vitest';
import { clocksOf } from '../../src/app/output/formatters.ts';
import { DEFAULT_POLICY } from '../../src/policy/policy.ts';
import { sentence } from '../../src/report/words.ts';
import { DEFAULT_VOTING } from '../../src/policy/voting-policy.ts';
import type { Territory } from '../../src/territory/territory.ts';
import { Day, KP, peers, prefix, UNITS } from '../support/day.ts';

/** The sentences of a day's events of one type. */
function sentences(day: Day, type: string, territory: Territory = KP): string[] {
  const clocks = clocksOf({ territories: [{ territory, policy: DEFAULT_POLICY }], voting: DEFAULT_VOTING });
  return day.events.filter((event) => event.type === type).map((event) => sentence(event, clocks));
}

const FOREIGN = [4837, 134_544];

describe('a sentence says only what is true', () => {
  test('I: without configured origins no sentence mentions configured origins', () => {
    const open: Territory = { ...KP, origins: [] };
    const day = new Day({ territories: [open] }).dump('12:00', peers(20)).withdraw('13:00', peers(20));
    day.announce('13:10', peers(20), UNITS, FOREIGN).tick('14:00');
    const appeared = sentences(day, 'origin.changed', open).filter((text) => text.startsWith('AS134544'));
    expect(appeared).toHaveLength(1);
    expect(appeared[0]).not.toMatch(/count|configured/);
  });

  test('J: where another origin took over, the routes that are gone are those of the configured origin', () => {
    const day = new Day().dump('12:00', peers(20)).announce('13:00', peers(20), UNITS, FOREIGN).tick('14:00');
    expect(sentences(day, 'country.unroutable')[0]).toContain(
      'all 20 networks that report to RIS no longer have a route to any of its 4 prefixes from AS131279; all 20 have a route from AS134544 instead.',
    );
    expect(sentences(day, 'origin.changed')[0]).toContain('Its configured origin is AS131279.');
  });

  test('J: if some voters keep the right one, those with the other are counted', () => {
    const day = new Day().dump('12:00', peers(20)).announce('13:00', peers(8), UNITS, FOREIGN).tick('14:00');
    expect(sentences(day, 'country.degraded')[0]).toContain(
      'visibility down to 60 %; 8 of 20 have a route from AS134544, which is not a configured origin.',
    );
  });

  test('J: where they only went, no other origin is named, though one was there before', () => {
    const day = new Day().dump('12:00', peers(20)).announce('13:00', peers(1), UNITS, FOREIGN).tick('13:30');
    day.withdraw('14:00', peers(20)).tick('15:00');
    expect(sentences(day, 'country.unroutable')[0]).toContain('no longer have a route to any of its 4 prefixes.');
  });

  test('K: each network lacks another prefix: no sentence says that a network has all', () => {
    const day = new Day().dump('12:00', peers(20));
    for (const [i, one] of peers(20).entries()) day.withdraw('13:00', [one], [UNITS[i % 4] ?? UNITS[0]]);
    expect(sentences(day.tick('14:00'), 'country.degraded')[0]).toMatch(
      /: each of its 4 prefixes is known to more than half of 20 networks that report to RIS, with visibility down to 75 %\.$/,
    );
  });

  test('K: exactly half came back', () => {
    const day = new Day().dump('12:00', peers(20)).withdraw('13:00', peers(20)).announce('14:00', peers(10));
    day.tick('15:00');
    expect(sentences(day, 'country.degraded')[0]).toContain('none of its 4 prefixes is known to more than half');
    expect(sentences(day, 'unit.returned')[0]).toContain(
      'at least half of 20 networks that report to RIS have a route',
    );
  });

  test('L: with both families the one that is gone is named', () => {
    const both: Territory = { ...KP, blocks: [...KP.blocks, prefix('2001:db8:100::/46')] };
    const day = new Day({ territories: [both] }).dump('12:00', peers(20)).withdraw('13:00', peers(20)).tick('14:00');
    expect(sentences(day, 'country.unroutable', both)[0]).toMatch(/^North Korea over IPv4 has been unroutable since /);
  });

  test('U: a prefix that three networks had before is not called new', () => {
    const day = new Day().dump('12:00', peers(40)).announce('13:00', peers(1), ['175.45.176.0/22']);
    day.announce('20:00', peers(40), ['175.45.176.0/22']).tick('21:00');
    expect(sentences(day, 'prefix.new')[0]).toContain('has been widely announced since 2014-12-22 20:00:00 UTC');
    expect(sentences(day, 'prefix.new')[0]).not.toContain('before');
  });

  test('U: one of four networks was there at the first look', () => {
    const day = new Day().dump('12:00', peers(20), UNITS.slice(0, 1)).withdraw('13:00', peers(20)).tick('14:00');
    expect(sentences(day, 'country.unroutable')[0]).toContain(
      'route to its only prefix; 3 more prefixes in its blocks (4 in all) are not part of what is usually seen.',
    );
  });
});
