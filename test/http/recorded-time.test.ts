import { expect, test } from 'vitest';
import { systemClock } from '../../src/app/system-clock.ts';
import type { Answers } from '../../src/http/answers.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { DEFAULT_POLICY } from '../../src/policy/policy.ts';
import { OPTIONS, record, RecordedDay } from '../history/scene.ts';
import { KP, peers, prefix, UNITS } from '../support/day.ts';
import { outageStore, serving } from './scene.ts';

const ALL = peers(20);

/** Watched from 12:00 to 12:30 with all routes, and from `back` on with none. */
async function stoppedStore(back: string) {
  const store = memoryStore();
  const day = new RecordedDay().dump('12:00', ALL).tick('12:30');
  const stopped = day.elements.length;
  day.withdraw(back, ALL).tick(back.replace(':00', ':30'));
  await record(store, day.elements.slice(0, stopped));
  await record(store, day.elements.slice(stopped));
  return store;
}

const sees = ({ peers: rows }: Answers['peers']) => rows[0] && [rows[0].sees, ...rows[0].changes];

test('a range that begins before the recording has what each peer saw from the first minute on', async () => {
  const { json } = await serving(await outageStore());
  const answer = (await json('/api/v1/peers?from=2014-12-21T12:00Z&until=2014-12-22T12:30Z')) as Answers['peers'];
  expect([answer.recorded, answer.peers.length]).toEqual([true, 20]);
  expect(sees(answer)).toEqual([null, { at: '2014-12-22T12:00:00.000Z', sees: 4 }]);
});

test('after its last minute a recording has no peer and no verdict, and a sentence that says so', async () => {
  const { json } = await serving(await outageStore());
  const peersAfter = (await json('/api/v1/peers?from=2014-12-22T15:00Z&until=2014-12-22T18:00Z')) as Answers['peers'];
  expect(sees(peersAfter)).toEqual([4, { at: '2014-12-22T16:01:00.000Z', sees: null }]);
  for (const at of ['2014-12-22T16:01:00Z', '2014-12-23T10:00Z', '2015-06-01T00:00Z']) {
    expect(await json(`/api/v1/state?at=${at}`)).toMatchObject({ recorded: false, peers: [] });
    expect(await json(`/api/v1/state?at=${at}`)).not.toHaveProperty('verdict');
    expect(await json(`/api/v1/timeline?from=${at}`)).toMatchObject({ verdicts: [], buckets: [] });
    expect(await json(`/api/v1/peers?from=${at}`)).toMatchObject({ recorded: false, peers: [] });
  }
  expect(await json('/api/v1/explain?at=2014-12-23T10:00Z')).toMatchObject({
    sentence: 'Nothing is recorded of North Korea for 2014-12-23 10:00:00 UTC (19:00:00 in Pyongyang).',
    recorded: false,
    peers: [],
  });
  expect(await json('/api/v1/explain?at=2014-12-22T11:00Z')).toMatchObject({
    sentence: 'Nothing is recorded of North Korea for 2014-12-22 11:00:00 UTC (20:00:00 in Pyongyang).',
    recorded: false,
  });
});

test('a live recording that is a few seconds behind answers for the present; nothing answers for the future', async () => {
  const wallMs = () => Date.parse('2014-12-22T16:01:20Z');
  const { json } = await serving(await outageStore(), { clock: { ...systemClock, wallMs } });
  expect(await json('/api/v1/state?at=2014-12-22T16:01:15Z')).toMatchObject({ recorded: true, verdict: 'routable' });
  expect(await json('/api/v1/state?at=2014-12-22T16:01:25Z')).toMatchObject({ recorded: false, peers: [] });
});

test.each([
  ['on the same day', '15:00:00', '2014-12-22T15:00:00.000Z', '2014-12-22T13:30Z'],
  ['on the next day', '+1 10:00:00', '2014-12-23T10:00:00.000Z', '2014-12-22T23:30Z'],
])('while the program did not run no peer sees anything; started again %s, all is as it is then', async (...row) => {
  const [, back, began, between] = row;
  const { json } = await serving(await stoppedStore(back));
  const answer = (await json('/api/v1/peers?from=2014-12-22T12:10Z&until=2014-12-23T12:00Z')) as Answers['peers'];
  expect(answer.peers).toHaveLength(20);
  expect(sees(answer)?.slice(0, 3)).toEqual([
    4,
    { at: '2014-12-22T12:31:00.000Z', sees: null },
    { at: began, sees: 0 },
  ]);
  expect(await json(`/api/v1/state?at=${between}`)).toMatchObject({ recorded: false, peers: [], verdict: 'off' });
  expect(((await json(`/api/v1/explain?at=${between}`)) as Answers['explain']).sentence).toMatch(
    /^Nothing is recorded/,
  );
});

test('networks that a territory got later do not take the place of those before', async () => {
  const store = memoryStore();
  const day = new RecordedDay().dump('12:00', ALL).withdraw('12:20', ALL, UNITS.slice(0, 1)).tick('12:30');
  await record(store, day.elements);
  const blocks = [prefix('10.0.0.0/24'), ...KP.blocks];
  const options = { ...OPTIONS, territories: [{ territory: { ...KP, blocks }, policy: DEFAULT_POLICY }] };
  const later = new RecordedDay().dump('13:00', ALL).announce('13:01', ALL, ['10.0.0.0/24']).tick('13:30');
  await record(store, later.elements, 60_000, { options });
  const { json } = await serving(store);
  const ask = async (path: string) => json(`/api/v1/${path}&from=2014-12-22T12:10Z&until=2014-12-22T13:30Z`);
  const { networks, buckets } = (await ask('timeline?resolution=minute')) as Answers['timeline'];
  expect(networks).toEqual(['10.0.0.0/24', ...UNITS]);
  const sizes = buckets.map((bucket) => [bucket.at < '2014-12-22T13:01', bucket.networks.length]);
  expect(new Set(sizes.map(String))).toEqual(new Set(['true,0', 'false,5']));
  expect(sees((await ask('peers?family=ipv4')) as Answers['peers'])?.slice(0, 2)).toEqual([
    null,
    { at: '2014-12-22T13:01:00.000Z', sees: expect.any(Number) as number },
  ]);
  expect(await json('/api/v1/state?at=2014-12-22T12:25Z')).toMatchObject({ recorded: false, peers: [] });
});
