import { expect, test } from 'vitest';
import { storeReadings } from '../../src/app/metrics/store-readings.ts';
import { probedStore } from './probed-store.ts';
import { outageStore, serving } from './scene.ts';

test('the API has each class of service, and each target from each vantage point', async () => {
  const { json } = await serving(await probedStore());
  const { territories } = (await json('/api/v1/reachability?territory=KP')) as {
    territories: { targets: unknown[] }[];
  };
  expect(territories).toMatchObject([
    {
      territory: 'KP',
      name: 'North Korea',
      reachability: 'partly',
      sentence: 'reachable in part, from 2 vantage points: DNS reachable (1 of 1) and web unreachable (0 of 3)',
      vantages: 2,
      services: [
        { service: 'dns', verdict: 'reachable', answering: 1, silent: 0, targets: 1 },
        { service: 'web', verdict: 'unreachable', answering: 0, silent: 3, targets: 3 },
      ],
    },
  ]);
  expect(territories[0]?.targets).toHaveLength(8);
  expect(territories[0]?.targets).toContainEqual({
    target: 'dns-soa 175.45.176.15:53 kp.',
    service: 'dns',
    vantage: { id: 'atlas-1002', country: 'KR', asn: 4766 },
    result: 'answered',
    at: '2014-12-22T15:55:15.000Z',
    detail: 'answered',
  });
});

test('the verdict on the routes is the same with and without services', async () => {
  const probed = await serving(await probedStore());
  const plain = await serving(await outageStore());
  expect(await probed.json('/api/v1/verdict')).toEqual(await plain.json('/api/v1/verdict'));
});

test('without probed services the list is empty, which is not a fault', async () => {
  const { json } = await serving(await outageStore());
  expect(await json('/api/v1/reachability')).toEqual({ territories: [] });
});

test('metrics have the verdict on the services, and how many targets answer', async () => {
  const readings = await storeReadings(await probedStore());
  const of = (name: string) =>
    readings.filter(([metric]) => metric === name).map(([, value, labels]) => [value, labels]);
  expect(of('unroutable_reachability')).toEqual([
    [0, { territory: 'KP', reachability: 'unknown' }],
    [0, { territory: 'KP', reachability: 'reachable' }],
    [1, { territory: 'KP', reachability: 'partly' }],
    [0, { territory: 'KP', reachability: 'unreachable' }],
  ]);
  expect(of('unroutable_service_targets_answering')).toEqual([
    [1, { territory: 'KP', service: 'dns' }],
    [0, { territory: 'KP', service: 'web' }],
  ]);
  expect(of('unroutable_vantage_points')).toEqual([[2, { territory: 'KP' }]]);
  const none = await storeReadings(await outageStore());
  expect(none.some(([metric]) => metric.startsWith('unroutable_reach'))).toBe(false);
});
