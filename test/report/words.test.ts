import { describe, expect, test } from 'vitest';
import { parseAsn } from '../../src/bgp/asn.ts';
import { parseCollector } from '../../src/bgp/peer.ts';
import { parsePrefix } from '../../src/bgp/prefix.ts';
import type { EventData, EventType, Incident, OfTerritory, UnroutableEvent } from '../../src/detect/events/event.ts';
import { createClock } from '../../src/report/clock.ts';
import { incidentFacts } from '../../src/report/incident-words.ts';
import { seenText } from '../../src/report/phrases.ts';
import { sentence, type Clocks } from '../../src/report/words.ts';

const pyongyang = createClock('Asia/Pyongyang');
const utc = createClock(undefined);
const clocks: Clocks = (id) => (id === 'KP' ? pyongyang : utc);

const AT = '2014-12-22T16:15:00.000Z';
/** What a number of voters see, with the number that see nothing, and the numbers of units. */
function seen(share: number, [voters, nothing]: [number, number], [unitsVisible, units]: [number, number]) {
  const counts = { voters, witnesses: voters, seeing: voters - nothing, seeingNothing: nothing, unitsVisible, units };
  return { share, of: 'full-feed' as const, ...counts };
}

const GONE = seen(0.0125, [40, 38], [0, 4]);
const WHOLE = seen(0.9937, [40, 0], [4, 4]);
const UNITS = [176, 177, 178, 179].map((n) => prefix(`175.45.${n}.0/24`));

function prefix(text: string) {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new Error(text);
  return parsed.text;
}

function asn(value: number) {
  const parsed = parseAsn(String(value));
  if (parsed === undefined) throw new Error(String(value));
  return parsed;
}

const rrc00 =
  parseCollector('rrc00') ??
  (() => {
    throw new Error('rrc00');
  })();

/** What every event of North Korea carries. */
function kp(visibility: OfTerritory['visibility'] = GONE): OfTerritory {
  return { territory: { id: 'KP', name: 'North Korea' }, family: 'ipv4', since: AT, first: AT, visibility };
}

function say<Type extends EventType>(type: Type, data: EventData[Type]): string {
  const event = {
    specversion: '1.0',
    id: 'x',
    source: '/territories/KP',
    type,
    subject: 'KP/ipv4',
    time: '2014-12-22T16:15:30.000Z',
    datacontenttype: 'application/json',
    sequence: '0000000001',
    data,
  } as unknown as UnroutableEvent;
  return sentence(event, clocks);
}

describe('each event is one complete sentence', () => {
  test('unroutable', () => {
    expect(say('country.unroutable', { ...kp(), verdict: 'unroutable', previous: 'routable' })).toBe(
      'North Korea has been unroutable since 2014-12-22 16:15:00 UTC (01:15:00 in Pyongyang, 23 Dec): 38 of 40 networks that report to RIS no longer have a route to any of its 4 prefixes.',
    );
  });

  test('unroutable some seconds after the first loss was received', () => {
    const data = { ...kp(), first: '2014-12-22T16:14:48.000Z', verdict: 'unroutable', previous: 'routable' } as const;
    expect(say('country.unroutable', data)).toContain(
      '(01:15:00 in Pyongyang, 23 Dec), 12 s after the first loss: 38 of',
    );
  });

  test('unroutable already at the first look', () => {
    const data = { ...kp(), verdict: 'unroutable', previous: 'unknown', sinceAtLatest: true } as const;
    expect(say('country.unroutable', data)).toContain('in Pyongyang, 23 Dec) or earlier: 38 of');
  });

  test('degraded, from routable and from unroutable', () => {
    const half = seen(0.5, [40, 0], [2, 4]);
    expect(say('country.degraded', { ...kp(half), verdict: 'degraded', previous: 'routable' })).toBe(
      'North Korea has been degraded since 2014-12-22 16:15:00 UTC (01:15:00 in Pyongyang, 23 Dec): 2 of its 4 prefixes are known to more than half of 40 networks that report to RIS, with visibility down to 50 %.',
    );
    expect(say('country.degraded', { ...kp(half), verdict: 'degraded', previous: 'unroutable' })).toContain(
      'North Korea has been back in part since',
    );
  });

  test('restored', () => {
    expect(say('country.restored', { ...kp(WHOLE), verdict: 'routable', previous: 'unroutable' })).toBe(
      'North Korea has been routable again since 2014-12-22 16:15:00 UTC (01:15:00 in Pyongyang, 23 Dec): each of its 4 prefixes is known to more than half of 40 networks that report to RIS, visibility 99.4 %.',
    );
  });

  test('routable only because a loss became the new baseline', () => {
    const data = { ...kp(WHOLE), verdict: 'routable', previous: 'degraded', rebased: true } as const;
    expect(say('country.restored', data)).toContain('but what was lost has not come back');
  });

  test('IPv6 is named, because it has its own verdict', () => {
    const data = { ...kp(), family: 'ipv6', verdict: 'unroutable', previous: 'routable' } as const;
    expect(say('country.unroutable', data)).toMatch(/^North Korea over IPv6 has been unroutable/);
  });

  test('networks lost and back', () => {
    const unit = UNITS[0] ?? prefix('0.0.0.0/0');
    expect(say('unit.lost', { ...kp(), unit })).toBe(
      '175.45.176.0/24 of North Korea has been lost since 2014-12-22 16:15:00 UTC (01:15:00 in Pyongyang, 23 Dec): most of 40 networks that report to RIS no longer have a route to it.',
    );
    expect(say('unit.returned', { ...kp(), unit })).toContain('has been back since 2014-12-22 16:15:00 UTC');
  });

  test('upstreams gained and lost', () => {
    const data = { ...kp(WHOLE), upstream: asn(20485), units: UNITS.slice(1), share: 0.45 };
    expect(say('upstream.gained', data)).toBe(
      'North Korea has had AS20485 as an upstream since 2014-12-22 16:15:00 UTC (01:15:00 in Pyongyang, 23 Dec): 45 % of the networks that have a route to 175.45.177.0/24 and 2 more prefixes reach them over it.',
    );
    expect(say('upstream.lost', { ...data, share: 0 })).toBe(
      'North Korea lost AS20485 as an upstream at 2014-12-22 16:15:00 UTC (01:15:00 in Pyongyang, 23 Dec): 175.45.177.0/24 and 2 more prefixes are no longer reached over it.',
    );
  });

  test('an origin that does not count', () => {
    const data = {
      ...kp(WHOLE),
      origin: asn(64496),
      change: 'appeared',
      units: UNITS.slice(0, 1),
      share: 0.2,
    } as const;
    expect(say('origin.changed', data)).toBe(
      'AS64496 has originated 175.45.176.0/24 of North Korea since 2014-12-22 16:15:00 UTC (01:15:00 in Pyongyang, 23 Dec): 20 % of the networks that report on North Korea to RIS have such a route.',
    );
    expect(say('origin.changed', { ...data, change: 'gone' })).toContain(
      'AS64496 stopped originating 175.45.176.0/24 of North Korea at',
    );
  });

  test('a prefix that spread: the sentence does not say whether a few had it before', () => {
    expect(say('prefix.new', { ...kp(WHOLE), prefix: prefix('175.45.176.0/22'), share: 0.3 })).toBe(
      '175.45.176.0/22 of North Korea has been widely announced since 2014-12-22 16:15:00 UTC (01:15:00 in Pyongyang, 23 Dec): 30 % of the networks that report on North Korea to RIS have it now.',
    );
  });
});

describe('where we were blind, the sentence says that, and nothing about the country', () => {
  test('too few voters', () => {
    const blind = seen(0, [3, 3], [0, 4]);
    const text = say('country.unknown', {
      ...kp(blind),
      verdict: 'unknown',
      previous: 'routable',
      reason: 'too-few-voters',
    });
    expect(text).toBe(
      'This tool has not been able to judge North Korea since 2014-12-22 16:15:00 UTC (01:15:00 in Pyongyang, 23 Dec): 3 networks that report to RIS are too few to judge by. That says nothing about North Korea.',
    );
  });

  test('there is a verdict again', () => {
    expect(say('country.known', { ...kp(WHOLE), verdict: 'routable', previous: 'unknown' })).toBe(
      'North Korea can be judged again: it has been routable since 2014-12-22 16:15:00 UTC (01:15:00 in Pyongyang, 23 Dec); each of its 4 prefixes is known to more than half of 40 networks that report to RIS, visibility 99.4 %.',
    );
  });

  test('a gap of a collector and of one peer, and its end', () => {
    expect(say('observer.gap', { collector: rrc00, since: AT, reason: 'damaged-file', peers: 40 })).toBe(
      'This tool lost sight of rrc00 at 2014-12-22 16:15:00 UTC: a file is damaged or ends too early. 40 peers do not count until complete again.',
    );
    const peer = { address: '192.0.2.1', asn: asn(64496) };
    expect(
      say('observer.gap', { collector: rrc00, peer, since: AT, reason: 'unreadable-message', peers: 1 }),
    ).toContain('lost sight of peer AS64496 (192.0.2.1) of rrc00 at');
    expect(
      say('observer.healed', {
        collector: rrc00,
        since: AT,
        lostAt: '2014-12-22T14:15:00.000Z',
        reason: 'damaged-file',
        peers: 40,
      }),
    ).toBe(
      'This tool has been able to see rrc00 again since 2014-12-22 16:15:00 UTC, after 2 h: 40 peers count again.',
    );
  });

  test('none of these sentences says that the country is down', () => {
    const blind = seen(0, [0, 0], [0, 4]);
    for (const reason of ['too-few-voters', 'lost-voters'] as const) {
      const text = say('country.unknown', { ...kp(blind), verdict: 'unknown', previous: 'unroutable', reason });
      expect(text).not.toMatch(/down|unroutable|dark|offline/);
    }
  });
});

describe('an incident is summed up when it is over', () => {
  const incident: Incident = {
    id: 'a1',
    state: 'closed',
    worst: 'unroutable',
    spans: [{ verdict: 'unroutable', from: AT, until: '2014-12-23T01:46:00.000Z', depth: 0.0125 }],
    drops: 1,
    outages: 1,
    durationMs: 34_260_000,
    unroutableMs: 34_260_000,
    degradedMs: 0,
    unknownMs: 0,
    routableMs: 0,
    downMs: 34_260_000,
    depth: 0.0125,
    shape: 'cliff',
    onset: { first: '2014-12-22T16:14:51.000Z', half: '2014-12-22T16:14:58.000Z', ninety: AT },
    unitsLost: UNITS.map((unit) => ({ unit, at: '2014-12-22T16:14:58.000Z' })),
    upstreamsLost: [{ upstream: asn(4837), at: AT }],
    unitsReturned: [],
    stuck: [{ collector: rrc00, address: '192.0.2.1', asn: asn(64496), units: 1 }],
    backfilled: false,
    evidence: { count: 152, messages: [] },
  };

  test('its sentence', () => {
    expect(say('incident.closed', { ...kp(), incident })).toBe(
      'The incident is over: North Korea was unroutable for 9 h 31 min, from 2014-12-22 16:15:00 UTC (01:15:00 in Pyongyang, 23 Dec) to 2014-12-23 01:46:00 UTC (10:46:00 in Pyongyang).',
    );
  });

  test('its facts: onset, order of loss, stuck peers, evidence', () => {
    expect(incidentFacts({ ...kp(), incident })).toEqual([
      'Onset: a cliff, all at once; first loss 2014-12-22 16:14:51 UTC, half lost 7 s later, nine tenths lost 9 s later.',
      'Networks lost: 175.45.176.0/24 16:14:58, 175.45.177.0/24 16:14:58, 175.45.178.0/24 16:14:58, 175.45.179.0/24 16:14:58.',
      'Upstreams lost: AS4837 16:15:00.',
      'This peer still had a route: AS64496 at rrc00 (1 network). That is usually a stale entry, seldom a working path.',
      'Evidence of the onset: 152 messages of the archive.',
    ]);
  });

  test('one that flaps lists its drops, up to a limit', () => {
    const span = { verdict: 'unroutable', from: AT, until: '2014-12-22T16:20:00.000Z', depth: 0 } as const;
    const longer = { ...span, until: '2014-12-22T16:25:00.000Z' };
    const spans = [longer, ...Array.from({ length: 29 }, () => span)];
    const durationMs = 3 * 3_600_000;
    const flapping: Incident = { ...incident, shape: 'flapping', spans, drops: 30, outages: 30, durationMs };
    const text = incidentFacts({ ...kp(), incident: flapping });
    expect(text).toContain(
      'Unroutable from 2014-12-22 16:15:00 UTC to 16:25:00, 10 min, visibility down to 0 % (the longest outage)',
    );
    expect(text).toContain('and 18 more spans');
    const ms = { unroutableMs: 9_300_000, downMs: 9_300_000 };
    expect(say('incident.closed', { ...kp(), incident: { ...flapping, ...ms } })).toContain(
      'North Korea had 30 outages within 3 h, 2 h 35 min in all, from',
    );
  });

  test('each verdict has its own time, and blind time is separate', () => {
    const spans = [
      { verdict: 'unroutable', from: AT, until: '2014-12-22T16:25:00.000Z', depth: 0 },
      { verdict: 'degraded', from: '2014-12-22T16:25:00.000Z', until: '2014-12-23T12:25:00.000Z', depth: 0.75 },
      { verdict: 'unknown', from: '2014-12-23T12:25:00.000Z', until: '2014-12-23T13:25:00.000Z' },
    ] as const;
    const times = { unroutableMs: 600_000, degradedMs: 72_000_000, unknownMs: 3_600_000, downMs: 72_600_000 };
    const whole: Incident = { ...incident, ...times, spans, durationMs: 76_200_000, sinceAtLatest: true };
    expect(say('incident.closed', { ...kp(), incident: whole })).toBe(
      'The incident is over: North Korea was unroutable for 10 min and degraded for 20 h, not seen for 1 h, from 2014-12-22 16:15:00 UTC (01:15:00 in Pyongyang, 23 Dec) or earlier to 2014-12-23 13:25:00 UTC (22:25:00 in Pyongyang). How it ended was not seen.',
    );
    expect(incidentFacts({ ...kp(), incident: whole })).toContain(
      'Not seen from 2014-12-23 12:25:00 UTC to 13:25:00, 1 h',
    );
  });

  test('an open incident that gets worse says what is new', () => {
    const open: Incident = { ...incident, state: 'open', depth: 0.111 };
    const half = { ...GONE, share: 0.111 };
    const changed = ['verdict', 'below-half', 'units-lost'] as const;
    expect(say('incident.updated', { ...kp(half), incident: open, changed })).toBe(
      'The incident of North Korea since 2014-12-22 16:15:00 UTC (01:15:00 in Pyongyang, 23 Dec) has changed: visibility has fallen below half of what it was and another network has been lost; visibility is 11.1 %, at its lowest 11.1 %.',
    );
  });
});

test('a store that lost its data: set back, or empty', () => {
  expect(say('observer.data-loss', { since: AT, kept: 40, found: 12, events: 3 })).toBe(
    "This tool's store was set back to 2014-12-22 16:15:00 UTC: the state was written again from memory, and so were 3 events. Older events that it had lost are gone.",
  );
  expect(say('observer.data-loss', { kept: 40, found: 0, events: 0 })).toBe(
    "This tool's store was found empty: the state was written again from memory. Older events that it had lost are gone.",
  );
});

test('one voter and one network are written in the singular', () => {
  expect(seenText(seen(0, [1, 1], [0, 1]))).toBe(
    'the only network that reports to RIS no longer has a route to its only prefix',
  );
  expect(seenText(seen(1, [12, 0], [1, 1]))).toBe('all 12 networks that report to RIS have a route to its only prefix');
  expect(seenText(seen(0, [12, 12], [0, 4]))).toBe(
    'all 12 networks that report to RIS no longer have a route to any of its 4 prefixes',
  );
  expect(seenText(seen(0, [0, 0], [0, 4]))).toBe('no network that reports to RIS is left');
  const usual = { ...seen(0.0588, [40, 32], [0, 4]), witnesses: 34, seeing: 2 };
  expect(seenText(usual)).toBe(
    '32 of 34 networks that report to RIS no longer have a route to any of its 4 prefixes; 34 of 40 usually have a route, now 2 of these 34',
  );
  expect(seenText({ ...seen(0.45, [42, 23], [0, 4]), of: 'peers-with-a-route' }, false)).toBe(
    '23 of 42 networks that reported any route inside its blocks have no route to any of its 4 prefixes',
  );
});
