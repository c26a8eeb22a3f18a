import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, test } from 'vitest';
import { answers } from '../../src/http/answers.ts';
import { OTHER_ROUTES, ROUTES } from '../../src/http/openapi.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { systemClock } from '../../src/app/system-clock.ts';
import { outageStore, serving } from './scene.ts';

const DURING = '2014-12-22T13:30:00Z';

test('every address answers as its schema says', async () => {
  const { json } = await serving(await outageStore());
  const { incidents } = (await json('/api/v1/incidents')) as { incidents: { incident: { id: string } }[] };
  expect(incidents).toHaveLength(1);
  for (const { path, answer } of ROUTES) {
    const document = await json(path.replace('{id}', incidents[0]?.incident.id ?? ''));
    expect([path, answers[answer].safeParse(document).error]).toEqual([path, undefined]);
  }
});

test('the OpenAPI document describes the very answers', async () => {
  const { json } = await serving(await outageStore());
  const document = (await json('/openapi.json')) as {
    openapi: string;
    paths: Record<
      string,
      { get: { responses: { 200: { content: { 'application/json': { schema: { $ref: string } } } } } } }
    >;
    components: { schemas: Record<string, object> };
  };
  expect(document.openapi).toBe('3.1.0');
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  for (const { path } of ROUTES) {
    if (path.includes('{')) continue;
    const { $ref } = document.paths[path]?.get.responses[200].content['application/json'].schema ?? { $ref: '' };
    const schema = document.components.schemas[$ref.split('/').at(-1) ?? ''];
    expect([path, ajv.validate(schema ?? false, await json(path))]).toEqual([path, true]);
  }
});

test('the OpenAPI document names every address that is served, with the type of its answer', async () => {
  const { json, get } = await serving(await outageStore());
  const { paths } = (await json('/openapi.json')) as {
    paths: Record<string, { get: { responses: { 200: { content: Record<string, object> } } } }>;
  };
  expect(Object.keys(paths).toSorted()).toEqual(
    [...ROUTES, ...OTHER_ROUTES, { path: '/healthz' }, { path: '/readyz' }].map(({ path }) => path).toSorted(),
  );
  for (const path of ['/badge.svg', '/feed.xml', '/incidents.ics', '/healthz', '/readyz']) {
    const type = (await get(path)).headers.get('content-type')?.split(';')[0];
    expect([path, Object.keys(paths[path]?.get.responses[200].content ?? {})]).toEqual([path, [type]]);
  }
});

test('the verdict is a sentence in UTC and local time, with since and witnesses', async () => {
  const clock = { ...systemClock, wallMs: () => Date.parse('2014-12-22T16:02:00Z') };
  const { json } = await serving(await outageStore(), { clock });
  const { verdicts } = (await json('/api/v1/verdict')) as { verdicts: { sentence: string }[] };
  expect(verdicts.map(({ sentence }) => sentence)).toEqual([
    'North Korea has been routable since 2014-12-22 14:00:30 UTC (23:00:30 in Pyongyang): all 20 networks that report to RIS have a route to all of its 4 prefixes.',
  ]);
});

test('of a recording that is over they say nothing about today: the sentence, the badge', async () => {
  const { json, get } = await serving(await outageStore());
  const { verdicts } = (await json('/api/v1/verdict')) as { verdicts: { sentence: string; isPast: boolean }[] };
  expect(verdicts).toMatchObject([
    {
      sentence:
        'At 2014-12-22 16:00:00 UTC (01:00:00 in Pyongyang, 23 Dec), North Korea had been routable since 2014-12-22 14:00:30 UTC (23:00:30 in Pyongyang).',
      isPast: true,
    },
  ]);
  expect(await (await get('/badge.svg')).text()).toContain('North Korea: routable, 2014-12-22');
});

test('the timeline has what was seen, and the verdicts', async () => {
  const { json } = await serving(await outageStore());
  const timeline = (await json(
    '/api/v1/timeline?territory=KP&family=ipv4&from=2014-12-22T13:00:00Z&until=2014-12-22T13:01:00Z&resolution=exact',
  )) as { buckets: { at: string; share: { last: number } }[]; verdicts: unknown };
  expect(timeline.buckets.map(({ at, share }) => [at, share.last])).toEqual([
    ['2014-12-22T12:00:00.000Z', 1],
    ['2014-12-22T13:00:05.000Z', 0.5],
    ['2014-12-22T13:00:20.000Z', 0],
  ]);
  expect(timeline.verdicts).toEqual([
    { since: '2014-12-22T12:00:00.000Z', verdict: 'routable' },
    { since: '2014-12-22T13:00:20.000Z', verdict: 'unroutable' },
  ]);
});

test('a past verdict is explained by each peer and its last message', async () => {
  const { json } = await serving(await outageStore());
  const explained = (await json(`/api/v1/explain?at=${DURING}`)) as { sentence: string; peers: object[] };
  expect(explained.sentence).toContain('North Korea had been unroutable since 2014-12-22 13:00:20 UTC');
  expect(explained.peers).toHaveLength(20);
  expect(explained.peers[0]).toMatchObject({
    asn: 64513,
    networks: [],
    last: { at: '2014-12-22T13:00:05.000Z', message: { type: 'withdrawal', before: '64513 4837 131279', after: null } },
  });
});

test('uptime distinguishes down, blind and not watched', async () => {
  const { json } = await serving(await outageStore());
  const { rows } = (await json('/api/v1/uptime?from=2014-12-22T12:00:00Z&until=2014-12-22T16:00:00Z')) as {
    rows: Record<string, number>[];
  };
  expect(rows).toEqual([
    {
      ...{ from: '2014-12-22T12:00:00.000Z', until: '2014-12-22T16:00:00.000Z' },
      ...{ routableMs: 4 * 3_600_000 - 3_610_000, degradedMs: 0, unroutableMs: 3_610_000, unknownMs: 0, offMs: 0 },
      share: 0.7493,
    },
  ]);
});

test('events are read in pages, and nothing is lost between them', async () => {
  const store = await outageStore();
  const { json } = await serving(store);
  const ids: string[] = [];
  for (let next: string | null = ''; ;) {
    const page = (await json(`/api/v1/events?limit=3${next === '' ? '' : `&after=${next}`}`)) as {
      events: { id: string }[];
      next: string | null;
    };
    if (page.events.length === 0) break;
    ids.push(...page.events.map(({ id }) => id));
    next = page.next;
  }
  const all: string[] = [];
  for await (const { id } of store.events()) all.push(id);
  expect(ids).toEqual(all);
});

test.each([
  ['/api/v1/timeline?from=yesterday', 400, 'from: a time is needed, such as 2014-12-22T16:15:00Z'],
  ['/api/v1/timeline?from=2014-12-22T13:00&until=2014-12-22T12:00', 400, 'from must be before until'],
  ['/api/v1/timeline?form=2014-12-22T13:00', 400, 'Unrecognized key: "form"'],
  ['/api/v1/timeline?resolution=second', 400, 'resolution: '],
  ['/api/v1/timeline?from=2014-02-30T00:00Z', 400, 'from: a time is needed, such as 2014-12-22T16:15:00Z'],
  ['/api/v1/timeline?until=0.5', 400, 'until: a time is needed, such as 2014-12-22T16:15:00Z'],
  ['/api/v1/uptime?until=0.5', 400, 'until: a time is needed, such as 2014-12-22T16:15:00Z'],
  ['/api/v1/state?at=0.5', 400, 'at: a time is needed, such as 2014-12-22T16:15:00Z'],
  ['/api/v1/explain?at=', 400, 'at: a time is needed, such as 2014-12-22T16:15:00Z'],
  ['/api/v1/peers?from=1', 400, 'from: a time is needed, such as 2014-12-22T16:15:00Z'],
  ['/api/v1/incidents?from=2014-12-22T16:15:00ZZ', 400, 'from: a time is needed, such as 2014-12-22T16:15:00Z'],
  ['/api/v1/timeline?from=2014-13-01T00:00Z', 400, 'from: a time is needed, such as 2014-12-22T16:15:00Z'],
  ['/api/v1/timeline?from=-271821-04-20T00:00Z', 400, 'from: a time is needed, such as 2014-12-22T16:15:00Z'],
  ['/api/v1/timeline?from=2014-12-22T25:00Z', 400, 'from: a time is needed, such as 2014-12-22T16:15:00Z'],
  ['/api/v1/timeline?from=2106-02-07T06:28:16Z', 400, 'from: a time is needed, such as 2014-12-22T16:15:00Z'],
  ['/api/v1/timeline?from=1970-01-01T00:00Z&until=2100-01-01T00:00Z&resolution=hour', 400, 'the range is too long'],
  ['/api/v1/timeline?family=ipv6', 404, 'no such territory and family; recorded: KP/ipv4'],
  ['/api/v1/timeline?unit=175.45.176.0/24', 400, 'Unrecognized key: "unit"'],
  ['/api/v1/timeline?__proto__=1', 400, 'Unrecognized key: "__proto__"'],
  ['/api/v1/incidents?from=2014-12-22T13:00&until=2014-12-22T12:00', 400, 'from must be before until'],
  ['/api/v1/peers?from=2014-12-22T13:00&until=2014-12-22T12:00', 400, 'from must be before until'],
  ['/api/v1/uptime?from=2014-12-22T13:00&until=2014-12-22T12:00', 400, 'from must be before until'],
  ['/badge.svg?family=ipv5', 400, 'family: '],
  ['/feed.xml?territory=XX', 404, 'no such territory and family; recorded: KP/ipv4'],
  ['/incidents.ics?form=x', 400, 'Unrecognized key: "form"'],
  ['/api/v1/timeline?territory=XX', 404, 'no such territory and family; recorded: KP/ipv4'],
  ['/api/v1/verdict?territory=KP&territory=US', 400, 'territory is given twice'],
  ['/api/v1/incidents/none', 404, 'no incident has this id'],
  ['/api/v1/events/stream?from=x', 400, 'Unrecognized key: "from"'],
  ['/api/v1/events/stream?after=a&after=b', 400, 'after is given twice'],
  ['/api/v1/events?after=none', 404, 'no event with id none is stored'],
  ['/../etc/passwd', 404, 'there is nothing at this address'],
  ['/api/v1/%2e%2e/%2e%2e/package.json', 404, 'there is nothing at this address'],
])('%s is refused with %i and the reason', async (path, status, reason) => {
  const { get } = await serving(await outageStore());
  const answer = await get(path);
  expect(answer.status).toBe(status);
  expect(((await answer.json()) as { error: string }).error).toContain(reason);
});

test('the id of a territory may be written in small letters, as on the command line', async () => {
  const { json } = await serving(await outageStore());
  expect(await json('/api/v1/verdict?territory=kp')).toEqual(await json('/api/v1/verdict?territory=KP'));
});

test('long answers are made one after the other; one whose client is gone does not stop the others', async () => {
  const { get, json } = await serving(await outageStore());
  const path = '/api/v1/timeline?from=2014-12-22T12:00:00Z&until=2014-12-22T16:00:00Z';
  const gone = new AbortController();
  const left = Array.from({ length: 20 }, () => get(path, { signal: gone.signal }).catch(() => undefined));
  const rest = Array.from({ length: 20 }, () => json(path));
  gone.abort();
  await Promise.all(left);
  const texts = (await Promise.all(rest)).map((one) => JSON.stringify(one));
  expect(new Set(texts)).toEqual(new Set([JSON.stringify(await json(path))]));
});

test('an empty store has no territory and no verdict, and says so', async () => {
  const { json, get } = await serving(memoryStore());
  expect(await json('/api/v1/territories')).toEqual({ territories: [] });
  const answer = await get('/api/v1/timeline');
  expect([answer.status, await answer.json()]).toEqual([404, { error: 'nothing is recorded yet' }]);
});

test('badge, feed and calendar carry the incident, and no text of theirs is markup', async () => {
  const { get } = await serving(await outageStore());
  expect(await (await get('/badge.svg')).text()).toContain('North Korea: routable');
  expect(await (await get('/feed.xml')).text()).toContain('<title>North Korea unroutable</title>');
  const calendar = await (await get('/incidents.ics')).text();
  expect(calendar).toContain('DTSTART:20141222T130020Z\r\nDTEND:20141222T140030Z');
});

test('names of ASes are part of the answers where a list is given, and only those of the answer', async () => {
  const names = new Map([
    [4837, 'CHINA169'],
    [64513, 'A PEER'],
    [1, 'NOT HERE'],
  ]);
  const { json } = await serving(await outageStore(), { names });
  expect(await json('/api/v1/timeline?from=2014-12-22T12:00:00Z&until=2014-12-22T16:00:00Z')).toMatchObject({
    asNames: [{ asn: 4837, name: 'CHINA169' }],
  });
  expect(await json(`/api/v1/explain?at=${DURING}`)).toMatchObject({ asNames: [{ asn: 64513, name: 'A PEER' }] });
  const without = await serving(await outageStore());
  expect(await without.json('/api/v1/timeline')).not.toHaveProperty('asNames');
});

test('of a store that cannot be read they give only the reason, with 503', async () => {
  const reason = 'it was written by a newer version (schema 9, this one knows 8)';
  const { get } = await serving(memoryStore(), { unreadable: reason, unready: async () => reason });
  for (const path of [...ROUTES.map(({ path }) => path.replace('{id}', 'x')), '/api/v1/events/stream', '/badge.svg'])
    expect([path, (await get(path)).status, await (await get(path)).json()]).toEqual([
      path,
      503,
      { error: `the store cannot be read: ${reason}` },
    ]);
  expect((await get('/readyz')).status).toBe(503);
  expect((await get('/healthz')).status).toBe(200);
});
