import { readFileSync, readdirSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { originsOf } from '../../../src/bgp/as-path.ts';
import { addressText, prefixOf, type AddressWords } from '../../../src/bgp/prefix.ts';
import { eventTimeOf, isoTime, LAST_EVENT_TIME } from '../../../src/bgp/time.ts';
import { decodeBgpState } from '../../../streams/ripestat/bgp-state.ts';
import { decodeBgpUpdates } from '../../../streams/ripestat/bgp-updates.ts';
import { openEnvelope } from '../../../streams/ripestat/envelope.ts';
import type { Outcome } from '../../../streams/ripestat/fault.ts';
import { parsePath, parseRrc, parseSourceId, parseTime, pathOf } from '../../../streams/ripestat/fields.ts';
import { decodeLookingGlass } from '../../../streams/ripestat/looking-glass.ts';
import { decodeRisPeers, decodeRrcInfo, decodeThreshold, peerListOf } from '../../../streams/ripestat/peer-list.ts';
import { realData, realDataNote } from '../../support/real-data.ts';
import { asn } from '../../support/day.ts';

const folder = realData('ripestat');

describe.skipIf(folder === undefined)(`real answers of 2025-06-11${realDataNote}`, () => {
  test('the envelope of every call opens', () => {
    const files = readdirSync(folder ?? '').filter((file) => file.endsWith('.json'));
    expect(files).toHaveLength(17);
    for (const file of files) {
      const call = file.replace('.json', '').replaceAll('_', '-');
      expect([file, openEnvelope(call, text(file)).ok]).toEqual([file, true]);
    }
  });

  test('warnings of RIPEstat are passed on, notes are not', () => {
    const { warnings } = good(openEnvelope('routing-status', text('routing_status.json')));
    expect(warnings).toEqual([expect.stringContaining('Given query time (2025-06-11 08:00:00 UTC) has been changed')]);
  });

  test('bgp-state has its own time, and may have no route at all', () => {
    const state = good(decodeBgpState(data('bgp-state', 'bgp_state.json'))).value;
    expect(state.routes).toEqual([]);
    expect(isoTime(state.at)).toBe('2020-12-21T12:00:00.000Z');
  });

  test('rrc-info names 1,459 peers, 344 of them full-feed in IPv4 and 341 in IPv6', () => {
    const members = rrcInfo();
    expect(members).toHaveLength(1459);
    expect(members.filter(({ isFullFeed }) => isFullFeed.ipv4)).toHaveLength(344);
    expect(members.filter(({ isFullFeed }) => isFullFeed.ipv6)).toHaveLength(341);
    expect(members[0]).toEqual({
      peer: { id: 'rrc00|72.22.223.9|11708', collector: 'rrc00', address: '72.22.223.9', asn: 11708 },
      routes: { ipv4: 5, ipv6: 0 },
      isFullFeed: { ipv4: false, ipv6: false },
    });
  });

  test('no two peers of a collector share an address, so a route without an AS has one owner', () => {
    expect(peerListOf(rrcInfo()).members).toHaveLength(1459);
  });

  test('ris-peers with the threshold says the same as rrc-info', () => {
    const full = good(decodeThreshold(data('ris-full-table-threshold', 'ris_full_table_threshold.json'))).value;
    expect(full).toEqual({ ipv4: 902_769, ipv6: 201_603 });
    const members = good(decodeRisPeers(data('ris-peers', 'ris_peers.json'), full)).value;
    const key = ({ peer }: (typeof members)[number]): string => peer.id;
    const sorted = (list: typeof members): typeof members => [...list].sort((a, b) => (key(a) < key(b) ? -1 : 1));
    expect(sorted(members)).toEqual(sorted(rrcInfo()));
  });

  test('the looking glass shows the prefix at every full-feed peer, each known to rrc-info', () => {
    const routes = good(decodeLookingGlass(data('looking-glass', 'looking_glass.json'))).value;
    expect(routes).toHaveLength(421);
    const peerList = peerListOf(rrcInfo());
    const shown = new Set(routes.map(({ source }) => peerList.find(source)?.peer.id));
    expect(shown).not.toContain(undefined);
    expect(peerList.members.filter(({ peer, isFullFeed }) => isFullFeed.ipv4 && !shown.has(peer.id))).toEqual([]);
    expect(new Set(routes.flatMap(({ path }) => originsOf(path ?? [])))).toEqual(new Set([1205]));
  });

  test('look_back_limit goes by the last data of a peer, not by the last change of its route', () => {
    const raw = text('looking_glass.json');
    const changed = [...raw.matchAll(/"last_updated": "([^"]+)"/g)].map(([, at = '']) => at).sort();
    expect(changed[0]?.slice(0, 7)).toBe('2025-02');
    const times = good(decodeLookingGlass(JSON.parse(raw).data)).value.map(({ at }) => at);
    expect(isoTime(least(times))).toBe('2025-06-11T15:59:21.000Z');
  });

  test('bgp-updates has 515 updates, 16 of them withdrawals, in order of time, from peers of rrc-info', () => {
    const { updates, from, to } = good(decodeBgpUpdates(data('bgp-updates', 'bgp_updates.json'))).value;
    expect(updates).toHaveLength(515);
    expect(updates.filter(({ change }) => change.type === 'withdrawal')).toHaveLength(16);
    expect([isoTime(from), isoTime(to)]).toEqual(['2025-06-09T13:59:55.000Z', '2025-06-11T13:59:55.000Z']);
    expect(updates.every(({ at }, i) => at >= (updates[i - 1]?.at ?? 0))).toBe(true);
    const peerList = peerListOf(rrcInfo());
    expect(updates.filter(({ source }) => peerList.find(source) === undefined)).toEqual([]);
    expect(updates.filter(({ change }) => change.type === 'announcement' && change.path === undefined)).toEqual([]);
  });
});

describe('fields', () => {
  test('a time without a zone is UTC, wherever we are', () => {
    expect(parseTime('2025-06-11T08:00:00')).toBe(Date.UTC(2025, 5, 11, 8));
    expect(parseTime('2025-06-11T08:00:00.570226')).toBe(Date.UTC(2025, 5, 11, 8, 0, 0, 570));
    expect(parseTime('2025-06-11T08:00')).toBe(Date.UTC(2025, 5, 11, 8));
    for (const wrong of ['', '2025-06-11', '2025-06-11 08:00', '2025-13-11T08:00', '2025-06-11T08:00+09:00', 'now'])
      expect([wrong, parseTime(wrong)]).toEqual([wrong, undefined]);
  });

  test('every time that a collector can write is read back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: LAST_EVENT_TIME }), (ms) => {
        expect(parseTime(new Date(ms).toISOString().slice(0, -1))).toBe(eventTimeOf(ms));
      }),
    );
  });

  test('a source is a collector and an address, however the address is spelled', () => {
    expect(parseSourceId('00-111.91.233.1')).toEqual({ collector: 'rrc00', address: '111.91.233.1' });
    expect(parseSourceId('24-2001:0DB8:0:0:0:0:0:1')).toEqual({ collector: 'rrc24', address: '2001:db8::1' });
    for (const wrong of ['', '00', '00-', '-192.0.2.1', 'x-192.0.2.1', '00-192.0.2', '00-192.0.2.1-1'])
      expect([wrong, parseSourceId(wrong)]).toEqual([wrong, undefined]);
    const word = fc.integer({ min: 0, max: 0xffff_ffff });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 99 }), fc.tuple(word, word, word, word), (rrc, words: AddressWords) => {
        const address = addressText('ipv6', prefixOf('ipv6', words, 128).words);
        const name = String(rrc).padStart(2, '0');
        expect(parseSourceId(`${name}-${address}`)).toEqual({ collector: `rrc${name}`, address });
      }),
    );
  });

  test('RRC00 is rrc00', () => {
    expect([parseRrc('RRC00'), parseRrc('rrc7'), parseRrc('00'), parseRrc('route-views2')]).toEqual([
      'rrc00',
      'rrc07',
      'rrc00',
      undefined,
    ]);
  });

  test('an AS_SET is read in each form, and an entry that is not an AS makes the path unreadable', () => {
    const set = [asn(64500), asn(64501)];
    expect(parsePath('64496 {64501,64500}')).toEqual([64496, set]);
    expect(pathOf([64496, [64501, 64500]])).toEqual([64496, set]);
    expect(pathOf([64496, '{64501,64500}'])).toEqual([64496, set]);
    expect(parsePath('')).toEqual([]);
    expect([parsePath('64496 x'), pathOf([64496, -1]), pathOf([64496, null]), parsePath('4294967296')]).toEqual(
      Array.from({ length: 4 }, () => undefined),
    );
  });
});

describe('an answer that is not as documented is refused whole: a row left out would look like a missing route', () => {
  const route = { target_prefix: '175.45.176.0/24', source_id: '00-192.0.2.1', path: [64496, 131279] };
  const state = { timestamp: '2014-12-22T12:00:00', bgp_state: [route], nr_routes: 1 };
  const update = { type: 'W', timestamp: '2014-12-22T12:00:00', attrs: route };
  const updates = {
    query_starttime: state.timestamp,
    query_endtime: state.timestamp,
    updates: [update],
    nr_updates: 1,
  };
  const glass = { rrc: 'RRC00', peers: [{ peer: '192.0.2.1', prefix: '1.0.0.0/8', as_path: '1', latest_time: 'now' }] };

  test.each([
    ['no rows', decodeBgpState({ ...state, bgp_state: undefined }), 'at bgp_state'],
    [
      'an unknown source',
      decodeBgpState({ ...state, bgp_state: [{ ...route, source_id: 'x' }] }),
      'at bgp_state.0.source_id are not in the known form: is not a source such as 00-192.0.2.1',
    ],
    [
      'no prefix',
      decodeBgpState({ ...state, bgp_state: [{ ...route, target_prefix: '1.2.3.4/40' }] }),
      'is not a prefix',
    ],
    ['fewer rows than announced', decodeBgpState({ ...state, nr_routes: 2 }), 'it announces 2 routes and has 1'],
    ['no time', decodeBgpState({ ...state, timestamp: undefined }), 'it does not say for which time it is'],
    ['an unknown change', decodeBgpUpdates({ ...updates, updates: [{ ...update, type: 'X' }] }), 'at updates.0.type'],
    [
      'fewer updates than announced',
      decodeBgpUpdates({ ...updates, nr_updates: 9 }),
      'it announces 9 updates and has 1',
    ],
    ['a wrong time', decodeLookingGlass({ rrcs: [glass] }), 'at rrcs.0.peers.0.latest_time'],
    ['a null', decodeRrcInfo(null), 'its data are not in the known form'],
  ])('%s', (_, outcome: Outcome<unknown>, words) => {
    expect(outcome).toMatchObject({
      ok: false,
      fault: { kind: 'unreadable', message: expect.stringContaining(words) },
    });
  });

  test('a path that cannot be read leaves the route, and says so', () => {
    const read = good(decodeBgpState({ ...state, bgp_state: [{ ...route, path: ['?'] }] })).value;
    expect(read.routes).toMatchObject([{ path: undefined }]);
  });
});

describe('whatever comes, the answer is a value', () => {
  const decoders: ((data: unknown) => Outcome<unknown>)[] = [
    decodeBgpState,
    decodeBgpUpdates,
    decodeLookingGlass,
    decodeRrcInfo,
    decodeThreshold,
    (data) => decodeRisPeers(data, { ipv4: 1, ipv6: 1 }),
  ];

  test('any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (data) => {
        for (const decode of decoders) expect(decode(data)).toHaveProperty('ok');
        expect(openEnvelope('rrc-info', JSON.stringify(data)).ok).toBe(false);
      }),
    );
  });

  test('an answer that is cut short anywhere is refused, never read as a shorter one', () => {
    const rows = Array.from({ length: 3 }, (_, i) => ({
      target_prefix: `175.45.${176 + i}.0/24`,
      source_id: '00-192.0.2.1',
      path: [64496, 131279],
    }));
    const data = { timestamp: '2014-12-22T12:00:00', bgp_state: rows, nr_routes: 3 };
    const whole = JSON.stringify({
      messages: [],
      data_call_name: 'bgp-state',
      data_call_status: 'supported',
      data,
      status: 'ok',
      status_code: 200,
    });
    expect(openEnvelope('bgp-state', whole).ok).toBe(true);
    for (let length = 0; length < whole.length; length++)
      expect([length, openEnvelope('bgp-state', whole.slice(0, length)).ok]).toEqual([length, false]);
  });
});

function text(file: string): string {
  return readFileSync(`${folder}/${file}`, 'utf8');
}

function data(call: string, file: string): unknown {
  return good(openEnvelope(call, text(file))).value;
}

function rrcInfo(): ReturnType<typeof peerListOf>['members'] {
  return good(decodeRrcInfo(data('rrc-info', 'rrc_info.json'))).value;
}

function least<T extends number>(values: readonly T[]): T {
  return Math.min(...values) as T;
}

function good<T>(outcome: Outcome<T>): Extract<Outcome<T>, { ok: true }> {
  if (!outcome.ok) throw new Error(outcome.fault.message);
  return outcome;
}
