import { expect, test } from 'vitest';
import { isoTime } from '../../src/bgp/time.ts';
import type { Incident } from '../../src/detect/events/event.ts';
import { MAX_UPSTREAMS_LOST } from '../../src/detect/incident/fall.ts';
import { MAX_SPANS } from '../../src/detect/incident/spans.ts';
import { clock, Day, peers, UNITS } from '../support/day.ts';

const all = peers(12);

/** `HH:MM:SS`, so many seconds after six. */
function after(seconds: number): string {
  const iso = isoTime(clock('06:00')).slice(0, 10);
  const at = new Date(clock('06:00') + seconds * 1000).toISOString();
  const days = (Date.parse(at.slice(0, 10)) - Date.parse(iso)) / 86_400_000;
  return `${days === 0 ? '' : `+${days} `}${at.slice(11, 19)}`;
}

function lastIncident(day: Day): Incident | undefined {
  return day.events
    .flatMap((event) =>
      'incident' in event.data && typeof event.data.incident === 'object' ? [event.data.incident] : [],
    )
    .at(-1);
}

test('a country that flaps without end: the first drops and the last are reported, all are counted', () => {
  const flaps = MAX_SPANS / 2 + 44;
  const day = new Day().dump('06:00', all);
  for (let i = 0; i < flaps; i++) day.withdraw(after(600 + i * 120), all).announce(after(640 + i * 120), all);
  day.tick('+2 06:00');
  const incident = lastIncident(day);
  expect(incident?.state).toBe('closed');
  expect(incident?.drops).toBe(flaps);
  expect(incident?.spansOmitted).toBe(88);
  expect(incident?.spans[0]?.from).toBe('2014-12-22T06:10:00.000Z');
  expect(incident?.spans.at(-1)?.from).toBe(isoTime((clock('06:10') + (flaps - 1) * 120_000) as never));
  expect(incident?.downMs).toBe(flaps * 40_000);
  expect(incident?.durationMs).toBe((flaps - 1) * 120_000 + 40_000);
});

test('upstreams made up while it is down: as many are named as lost as there is room for, the others are counted', () => {
  const day = new Day().dump('06:00', all).withdraw('07:00', all.slice(1)).tick('07:05');
  // A stuck peer sends another upstream each time; of twelve voters one is not one in ten, so two do this.
  for (let i = 0; i < MAX_UPSTREAMS_LOST + 30; i++)
    day.announce(after(3900 + i), all.slice(0, 2), [UNITS[0]], [70_000 + i, 131_279]);
  day.announce('09:00', all).tick('12:00');
  const incident = lastIncident(day);
  expect(incident?.state).toBe('closed');
  expect(incident?.upstreamsLost).toHaveLength(MAX_UPSTREAMS_LOST);
  expect(incident?.upstreamsOmitted).toBeGreaterThanOrEqual(29);
});
