import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { deadLetters, deliveries, listEndpoints } from '../../../../src/sinks/webhook/endpoints/endpoint-store.ts';
import { parseEndpoints, shownEndpoint } from '../../../../src/sinks/webhook/endpoints/endpoint.ts';
import type { HandClock } from '../../../support/clock.ts';
import { receiving, Stage } from './stage.ts';
import { chain, endpointOf } from './world.ts';

/** Ten secrets, each where people put them. */
const PLANTED = {
  signing: `whsec_${Buffer.from('planted-secret-01-planted-secret').toString('base64')}`,
  broken: 'whsec_planted-secret-02-that-is-no-base64!',
  path: 'planted-secret-03',
  query: 'planted-secret-04',
  urlInFile: 'planted-secret-05',
  header: 'planted-secret-06',
  headerInFile: 'planted-secret-07',
  badHeader: 'planted-secret-08\r\nx: y',
  userInfo: 'planted-secret-09',
  routingKey: 'planted-secret-10',
} as const;

test('T24: of ten planted secrets none is seen in reports, logs, records of deliveries, or errors', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'unroutable-leaks-'));
  const file = (name: string, text: string): { readonly file: string } => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return { file: path };
  };
  const stage = new Stage();
  const clock = stage.clock as HandClock;
  const { port } = await receiving((_, response) => void response.writeHead(500).end());
  const at = (rest: string): string => `http://a.test:${port}/${rest}`;
  const endpoints = [
    endpointOf('path', port, {
      url: at(`${PLANTED.path}?key=${PLANTED.query}`),
      secrets: [file('s', PLANTED.signing)],
    }),
    endpointOf('elsewhere', port, { url: file('u', at(PLANTED.urlInFile)), headers: { 'x-tenant': PLANTED.header } }),
    endpointOf('broken', port, { secrets: [file('b', PLANTED.broken)] }),
    endpointOf('headers', port, { headers: { authorization: file('h', PLANTED.headerInFile) } }),
    endpointOf('bad-header', port, { headers: { authorization: file('x', PLANTED.badHeader) } }),
    endpointOf('user', port, { url: file('i', `http://me:${PLANTED.userInfo}@a.test:${port}/`) }),
    endpointOf('pager', port, { template: { preset: 'pagerduty', routingKey: file('r', PLANTED.routingKey) } }),
  ];
  for (const endpoint of endpoints) await stage.add(endpoint);
  void stage.start({ lookMs: 24 * 3_600_000 });
  await stage.decide(chain(1));
  for (const endpoint of endpoints) await stage.attempted(1, endpoint.name);
  // To the end of the schedule, and everything is a dead letter.
  for (let made = 1; made < 10; made++) {
    await clock.turn(27 * 3_600_000);
    for (const endpoint of endpoints) await stage.attempted(made + 1, endpoint.name);
  }
  await stage.store.write([
    { space: 'webhooks/endpoints', key: 'odd', value: `{"endpoint":{"url":"${PLANTED.path}"}}` },
  ]);
  await clock.turn(2_000);
  const refused = parseEndpoints([
    { name: 'a', url: `https://me:${PLANTED.userInfo}@a.test/${PLANTED.path}`, headers: { cookie: PLANTED.header } },
  ]);
  const { found, unreadable } = await listEndpoints(stage.store);
  const seen = [
    stage.reports,
    unreadable,
    refused,
    found.map(({ endpoint }) => shownEndpoint(endpoint)),
    ...(await Promise.all(endpoints.map(({ name }) => deliveries(stage.store, name)))),
    ...(await Promise.all(endpoints.map(({ name }) => deadLetters(stage.store, name)))),
  ];
  const text = seen.map((each) => `${JSON.stringify(each)}\n${inspect(each, { depth: 20 })}`).join('\n');
  rmSync(folder, { recursive: true });

  expect(unreadable).toHaveLength(1);
  expect((await deadLetters(stage.store, 'pager')).found).toHaveLength(1);
  expect(text.match(/planted-secret-\d\d/g)).toBeNull();
  expect(text).not.toContain(PLANTED.signing.slice(6));
});
