import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Ajv, type AnySchema } from 'ajv';
import addFormats from 'ajv-formats';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { channels, keysOf } from '../../src/store/keys.ts';
import { ASYNCAPI_DOCUMENT, read, withMessages } from './documents.ts';
import { examples } from './examples.ts';
import { EVENT_TYPES } from './fields.ts';
import { faultsOf } from './schemas.ts';

interface Referring {
  readonly $ref: string;
}

interface Channel {
  readonly address: string | null;
  readonly messages: Readonly<Record<string, Referring>>;
}

interface Message {
  readonly name: string;
  readonly payload: AnySchema & { readonly schema?: Referring };
  readonly examples: readonly { readonly payload: unknown }[];
}

interface AsyncApi {
  readonly channels: Readonly<Record<string, Channel>>;
  readonly operations: Readonly<Record<string, { readonly channel: Referring }>>;
  readonly components: { readonly messages: Readonly<Record<string, Message>> };
}

const require = createRequire(import.meta.url);
const text = read(ASYNCAPI_DOCUMENT);
const api = parse(text) as AsyncApi;

test('it is an AsyncAPI 3.0 document by the official schema', () => {
  // It brings JSON Schema's own schema with it, which ajv would otherwise have twice.
  const ajv = new Ajv({ strict: false, allErrors: true, meta: false, validateSchema: false });
  addFormats.default(ajv);
  const validate = ajv.compile(require('@asyncapi/specs/schemas/3.0.0.json') as AnySchema);
  expect([validate(api), validate.errors ?? []]).toEqual([true, []]);
  expect(validate({ ...api, channels: { events: { address: 1 } } })).toBe(false);
});

test('every reference leads somewhere', () => {
  const refs = refsIn(api);
  expect(refs.length).toBeGreaterThan(2 * EVENT_TYPES.length);
  expect(refs.filter((ref) => resolved(ref) === undefined)).toEqual([]);
});

test('it has every type of event, each with the schema of its type', () => {
  const { entry, ...messages } = api.components.messages;
  expect(entry?.name).toBe('entry');
  expect(Object.keys(messages)).toEqual(EVENT_TYPES);
  for (const type of EVENT_TYPES) {
    expect(messages[type]?.name).toBe(type);
    expect(messages[type]?.payload.schema?.$ref).toBe(`./schemas/${type}.schema.json`);
  }
});

test('channels are those that the program uses, under the same names', () => {
  const address = (name: string): string | null | undefined => api.channels[name]?.address;
  expect(address('events')).toBe(channels.events);
  expect(address('territoryEvents')?.replace('{territory}', 'KP')).toBe(channels.ofTerritory('KP'));
  expect(address('stream')?.replace('{watch}', '{JP+KP}')).toBe(keysOf('JP+KP').events);
  expect(Object.keys(api.channels)).toEqual(['events', 'territoryEvents', 'stream', 'output', 'webhooks']);
});

test('every channel is written to, and carries all events; that of a territory none of the observer', () => {
  const used = Object.values(api.operations).map(({ channel }) => channel.$ref);
  expect(used).toEqual(Object.keys(api.channels).map((name) => `#/channels/${name}`));
  const carried = (name: string): readonly string[] => Object.keys(api.channels[name]?.messages ?? {});
  for (const name of ['events', 'output', 'webhooks']) expect(carried(name)).toEqual(EVENT_TYPES);
  expect(carried('territoryEvents')).toEqual(EVENT_TYPES.filter((type) => !type.startsWith('observer.')));
  expect(carried('stream')).toEqual(['entry']);
});

describe('examples are valid', () => {
  test.each(EVENT_TYPES)('%s', (type) => {
    const shown = api.components.messages[type]?.examples ?? [];
    expect(shown).toHaveLength(1);
    for (const { payload } of shown) expect(faultsOf(type, payload)).toEqual([]);
  });

  test('the entry of a stream, and the event in it', () => {
    const entry = api.components.messages['entry'];
    if (entry === undefined) throw new Error('no entry');
    const validate = new Ajv({ strict: false }).compile(entry.payload);
    for (const { payload } of entry.examples) {
      expect(validate(payload)).toBe(true);
      const { id, event } = payload as { id: string; event: string };
      expect(faultsOf('event', JSON.parse(event))).toEqual([]);
      expect(JSON.parse(event)).toMatchObject({ id });
    }
  });
});

test('examples are what the program says', async () => {
  await expect(await withMessages(text, await examples())).toMatchFileSnapshot(ASYNCAPI_DOCUMENT);
});

function refsIn(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return [];
  const { $ref } = value as Partial<Referring>;
  return [...(typeof $ref === 'string' ? [$ref] : []), ...Object.values(value).flatMap(refsIn)];
}

/** What a reference means, in this document or in a file beside it; `undefined` when it leads nowhere. */
function resolved(ref: string): unknown {
  const [file = '', pointer = ''] = ref.split('#');
  const path = fileURLToPath(new URL(`../../${file}`, import.meta.url));
  const root: unknown = file === '' ? api : JSON.parse(readFileSync(path, 'utf8'));
  return pointer
    .split('/')
    .slice(1)
    .reduce<unknown>((inner, step) => (inner as Record<string, unknown> | undefined)?.[step], root);
}
