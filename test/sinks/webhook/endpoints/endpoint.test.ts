import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import {
  FOR_PEOPLE,
  parseEndpoints,
  PLAIN_PRESETS,
  rulesOf,
  shownEndpoint,
  type Endpoint,
} from '../../../../src/sinks/webhook/endpoints/endpoint.ts';
import { SEVERITIES, typePatterns } from '../../../../src/sinks/webhook/filter.ts';

const LEAST = { name: 'ops', url: 'https://example.org/hook' };

describe('an endpoint', () => {
  test('needs a name and a URL, and has defaults for the rest', () => {
    expect(one(LEAST)).toEqual({
      ...LEAST,
      secrets: [],
      method: 'POST',
      headers: {},
      filter: {},
      template: { preset: 'cloudevent' },
      disabled: false,
      concurrency: 1,
      allow: [],
      http: false,
    });
  });

  test('is read from YAML with all its fields', () => {
    const text = `
- name: pager
  url: {file: /run/secrets/pager-url}
  secrets: [{file: /run/secrets/new}, {env: OLD_SECRET}]
  method: PUT
  headers: {X-Team: noc, Authorization: {env: PAGER_TOKEN}}
  filter: {territories: [KP], types: ['country.*', incident.closed], minSeverity: warning}
  template: {preset: pagerduty, routingKey: {env: ROUTING_KEY}}
  disabled: true
  concurrency: 4
  allow: [192.168.0.0/16, '2001:DB8::/32', 10.1.2.3]
  http: true
  ports: [80, 9093]
  ca: /etc/ssl/own.pem
`;
    expect(one((parse(text) as unknown[])[0])).toEqual({
      name: 'pager',
      url: { file: '/run/secrets/pager-url' },
      secrets: [{ file: '/run/secrets/new' }, { env: 'OLD_SECRET' }],
      method: 'PUT',
      headers: { 'x-team': 'noc', authorization: { env: 'PAGER_TOKEN' } },
      filter: { territories: ['KP'], types: ['country.*', 'incident.closed'], minSeverity: 'warning' },
      template: { preset: 'pagerduty', routingKey: { env: 'ROUTING_KEY' } },
      disabled: true,
      concurrency: 4,
      allow: ['192.168.0.0/16', '2001:db8::/32', '10.1.2.3/32'],
      http: true,
      ports: [80, 9093],
      ca: '/etc/ssl/own.pem',
    });
  });

  test('for people gets the events that people need, unless it says otherwise', () => {
    expect(one({ ...LEAST, template: 'slack' }).filter).toEqual(FOR_PEOPLE);
    expect(one({ ...LEAST, template: 'slack', filter: {} }).filter).toEqual({});
    expect(one({ ...LEAST, template: 'text' }).filter).toEqual({});
  });

  test('makes rules of its networks, ports and scheme', () => {
    const { allow, http, ports } = rulesOf(one({ ...LEAST, allow: ['10.0.0.0/8'], http: true, ports: [80, 443] }));
    expect([allow.map((prefix) => prefix.text), http, ports]).toEqual([['10.0.0.0/8'], true, [80, 443]]);
  });

  test('comes back from JSON as it was', () => {
    fc.assert(
      fc.property(anyEndpoint(), (given) => {
        const endpoint = one(given);
        expect(one(JSON.parse(JSON.stringify(endpoint)))).toEqual(endpoint);
      }),
    );
  });

  test('is shown without paths, queries and header values', () => {
    const shown = shownEndpoint(
      one({ ...LEAST, url: 'https://hooks.slack.com/services/T0/B0/planted', headers: { 'x-a': 'planted' } }),
    );
    expect(JSON.stringify(shown)).not.toContain('planted');
    expect(shown).toMatchObject({ url: 'https://hooks.slack.com/…', headers: { 'x-a': '[redacted]' } });
  });
});

describe('a fault names the endpoint and the field', () => {
  test.each<[unknown, ...string[]]>([
    [{ url: LEAST.url }, 'webhook number 1: name: is missing'],
    [{ ...LEAST, name: 'Ops!' }, 'webhook number 1: name: is not a name: 1 to 63 small letters, digits and -'],
    [{ name: 'ops' }, 'webhook ops: url: is missing'],
    [
      { ...LEAST, url: 7 },
      'webhook ops: url: is neither a URL nor where one is stored, file:PATH or env:NAME, in YAML {file: PATH} or {env: NAME}',
    ],
    [{ ...LEAST, url: 'http://example.org/' }, 'webhook ops: url: is http: --http allows that, in YAML http: true'],
    [
      { ...LEAST, url: 'https://10.0.0.1/' },
      'webhook ops: url: 10.0.0.1 is a private address (--allow opens a network of your own, in YAML allow)',
    ],
    [{ ...LEAST, secret: 'x' }, 'webhook ops: secret: is not known'],
    [
      { ...LEAST, secrets: ['whsec_planted'] },
      'webhook ops: secrets[0]: does not say where a secret is stored: file:PATH or env:NAME, in YAML {file: PATH} or {env: NAME}',
    ],
    [{ ...LEAST, method: 'GET' }, 'webhook ops: method: is not one of POST, PUT, PATCH'],
    [{ ...LEAST, headers: { Host: 'a' } }, 'webhook ops: headers.Host: is set by HTTP or by this program'],
    [
      { ...LEAST, headers: { 'Webhook-Id': 'a' } },
      'webhook ops: headers.Webhook-Id: is set by HTTP or by this program',
    ],
    [{ ...LEAST, headers: { 'a b': 'a' } }, 'webhook ops: headers.a b: is not a name of a header'],
    [
      { ...LEAST, headers: { 'x-a': 'a\r\nb: c' } },
      'webhook ops: headers.x-a: is not a value of a header: 1 to 4096 printable ASCII characters on one line',
    ],
    [
      { ...LEAST, headers: { Authorization: 'Bearer planted' } },
      'webhook ops: headers.Authorization: may hold a secret: say where it is stored, file:PATH or env:NAME, in YAML {file: PATH} or {env: NAME}',
    ],
    [
      { ...LEAST, headers: { 'X-A': 'a', 'x-a': 'b' } },
      'webhook ops: headers.X-A: is here twice',
      'webhook ops: headers.x-a: is here twice',
    ],
    [{ ...LEAST, filter: { territories: [] } }, 'webhook ops: filter.territories: is empty: nothing would be sent'],
    [
      { ...LEAST, filter: { minSeverity: 'high' } },
      'webhook ops: filter.minSeverity: is not one of info, notice, warning, critical',
    ],
    [{ ...LEAST, concurrency: 0 }, 'webhook ops: concurrency: is below 1'],
    [{ ...LEAST, concurrency: 1.5 }, 'webhook ops: concurrency: must be a whole number'],
    [{ ...LEAST, concurrency: '2' }, 'webhook ops: concurrency: must be a number'],
    [{ ...LEAST, disabled: 'no' }, 'webhook ops: disabled: must be true or false'],
    [
      { ...LEAST, allow: ['10.0.0.1/8'] },
      'webhook ops: allow[0]: is not a network such as 192.168.0.0/16 or 2001:db8::/32, without host bits',
    ],
    [{ ...LEAST, ports: [70_000] }, 'webhook ops: ports[0]: is not a port'],
    ['text', 'webhook number 1: must be a map of keys and values'],
  ])('%j', (item, ...messages) => {
    const parsed = parseEndpoints([item]);
    expect(parsed.ok ? [] : parsed.faults.map((fault) => fault.message)).toEqual(messages);
  });

  test('lists what types of events there are', () => {
    const parsed = parseEndpoints([{ ...LEAST, filter: { types: ['country.dark'] } }]);
    expect(parsed.ok ? '' : parsed.faults[0]?.message).toMatch(
      /^webhook ops: filter\.types\[0\]: is not a type of event; there are \* country\.\* .* incident\.closed/,
    );
  });

  test('lists what templates there are', () => {
    for (const template of ['slak', { preset: 'slak' }, {}, { chat: '5' }]) {
      const parsed = parseEndpoints([{ ...LEAST, template }]);
      expect(parsed.ok ? '' : parsed.faults[0]?.message).toMatch(
        /^webhook ops: template: is not one of cloudevent, slack, .*, telegram, pagerduty$/,
      );
    }
  });

  test.each([
    [{ preset: 'telegram' }, 'template.chat: is missing'],
    [{ preset: 'telegram', chat: -5 }, 'template.chat: must be text (in quotes where it looks like a number)'],
    [{ preset: 'telegram', chat: 'a b' }, 'template.chat: is not a chat: a number, or @ and a name'],
    [{ preset: 'pagerduty' }, 'template.routingKey: is missing'],
    [
      { preset: 'pagerduty', routingKey: 'planted' },
      'template.routingKey: does not say where a secret is stored: file:PATH or env:NAME, in YAML {file: PATH} or {env: NAME}',
    ],
    [{ preset: 'slack', chat: '5' }, 'template.chat: is not known'],
  ])('names what a template lacks: %j', (template, reason) => {
    const parsed = parseEndpoints([{ ...LEAST, template }]);
    expect(parsed.ok ? [] : parsed.faults.map(({ message }) => message)).toEqual([`webhook ops: ${reason}`]);
  });

  test('and where it is, all of them at once', () => {
    const parsed = parseEndpoints([LEAST, { ...LEAST, headers: { host: 'a' } }, { name: 'x' }]);
    expect(parsed).toEqual({
      ok: false,
      faults: [
        { path: [1, 'headers', 'host'], message: 'webhook ops: headers.host: is set by HTTP or by this program' },
        { path: [2, 'url'], message: 'webhook x: url: is missing' },
        { path: [1, 'name'], message: 'webhook ops: name: is here twice' },
      ],
    });
  });

  test.each([[undefined], [null], [{}], ['x'], [Array.from({ length: 101 }, () => LEAST)]])(
    '%# is not a list',
    (value) => {
      expect(parseEndpoints(value)).toMatchObject({ ok: false, faults: [{ path: [] }] });
    },
  );

  test('and never throws, nor pollutes a prototype, whatever it is given', () => {
    const item = fc.oneof(
      fc.anything({ maxDepth: 4 }),
      fc.record(Object.fromEntries(Object.keys(one(LEAST)).map((key) => [key, fc.anything({ maxDepth: 3 })])), {
        requiredKeys: [],
      }),
    );
    fc.assert(
      fc.property(fc.array(item, { maxLength: 3 }), (items) => {
        expect(typeof parseEndpoints(items).ok).toBe('boolean');
      }),
    );
    parseEndpoints([JSON.parse('{"name":"a","url":"https://a.example/","headers":{"__proto__":"x"}}')]);
    expect(Reflect.get({}, 'x')).toBe(undefined);
  });

  test('and never holds what may be secret', () => {
    const bad = { ...LEAST, url: 'https://user:planted@example.org/planted', headers: { 'x-token': 'planted' } };
    expect(JSON.stringify(parseEndpoints([bad]))).not.toContain('planted');
  });
});

function one(item: unknown): Endpoint {
  const parsed = parseEndpoints([item]);
  if (!parsed.ok) throw new Error(parsed.faults.map((fault) => fault.message).join('; '));
  const [endpoint] = parsed.endpoints;
  if (endpoint === undefined) throw new Error('nothing was read');
  return endpoint;
}

function anyEndpoint() {
  const ref = fc.oneof(
    fc.record({ file: fc.string({ minLength: 1, maxLength: 40 }) }),
    fc.record({ env: fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,20}$/) }),
  );
  const template = fc.oneof(
    fc.constantFrom(...PLAIN_PRESETS),
    fc.constantFrom(...PLAIN_PRESETS).map((preset) => ({ preset })),
    fc.record({ preset: fc.constant('telegram'), chat: fc.stringMatching(/^-?\d{1,15}$/) }),
    fc.record({ preset: fc.constant('pagerduty'), routingKey: ref }),
  );
  const filter = fc.record(
    {
      territories: fc.array(fc.constantFrom('KP', 'SY', 'IQ'), { minLength: 1, maxLength: 3 }),
      types: fc.array(fc.constantFrom(...typePatterns()), { minLength: 1, maxLength: 3 }),
      minSeverity: fc.constantFrom(...SEVERITIES),
    },
    { requiredKeys: [] },
  );
  return fc.record(
    {
      name: fc.stringMatching(/^[a-z0-9][a-z0-9-]{0,20}$/),
      url: fc.oneof(fc.constant('https://example.org/a?b'), ref),
      secrets: fc.array(ref, { maxLength: 4 }),
      method: fc.constantFrom('POST', 'PUT', 'PATCH'),
      headers: fc.dictionary(fc.stringMatching(/^x-[a-c]{1,5}$/), fc.oneof(fc.stringMatching(/^[a-z]{1,9}$/), ref)),
      filter,
      template,
      disabled: fc.boolean(),
      concurrency: fc.integer({ min: 1, max: 16 }),
      allow: fc.array(fc.constantFrom('10.0.0.0/8', '192.0.2.1', 'fd00::/8', '::1'), { maxLength: 3 }),
      http: fc.boolean(),
      ca: fc.constant('/etc/ca.pem'),
    },
    { requiredKeys: ['name', 'url'] },
  );
}
