import { describe, expect, test } from 'vitest';
import { EVENT_FIELDS, EVENT_TYPES, NESTED_FIELDS, PART_FIELDS, WORDS } from './fields.ts';
import { dataOf, partsOf, referred, schemas, SHARED, type Schema } from './schemas.ts';

/** Where a schema asks for more than the type can say. */
const REQUIRED_BESIDES: Readonly<Record<string, readonly string[]>> = {
  'country.unknown': ['reason'],
  'incident.updated': ['changed'],
  'observer.restored': ['lostAt'],
  'observer.healed': ['lostAt'],
};

test('there is one schema for each type of event, and no other', () => {
  expect([...schemas.keys()].filter((name) => !SHARED.includes(name))).toEqual(EVENT_TYPES.toSorted());
});

test('the schema of any event knows each of them', () => {
  const refs = schemas.get('event')?.oneOf?.map(({ $ref }) => $ref);
  expect(refs?.toSorted()).toEqual(EVENT_TYPES.map((type) => `${type}.schema.json`).sort());
});

test('each file has the name in its own id, and a description', () => {
  for (const [name, { $id, title, description, $defs }] of schemas) {
    expect($id).toBe(`https://unroutable.invalid/schemas/2/${name}.schema.json`);
    expect(title).toBeDefined();
    expect(description ?? $defs).toBeDefined();
  }
});

describe('the schema of each event has the fields of its type, as optional as they are there', () => {
  test.each(EVENT_TYPES)('%s', (type) => {
    const besides = REQUIRED_BESIDES[type] ?? [];
    const fields = Object.entries(fieldsOf(dataOf(type))).map(([name, kind]) => [
      name,
      besides.includes(name) ? `${kind}?` : kind,
    ]);
    expect(Object.fromEntries(fields)).toEqual(EVENT_FIELDS[type]);
    expect(schemas.get(type)?.properties?.['type']).toEqual({ const: type });
  });
});

describe('what events share has the fields of its type', () => {
  test.each(Object.keys(PART_FIELDS))('%s', (part) => {
    expect(fieldsOf(referred(`#/$defs/${part}`))).toEqual(PART_FIELDS[part]);
  });

  test.each(Object.keys(NESTED_FIELDS))('%s', (path) => {
    expect(fieldsOf(nested(path))).toEqual(NESTED_FIELDS[path]);
  });
});

test.each(Object.keys(WORDS))('%s may be what its type may be, and nothing else', (path) => {
  const schema = path.includes('.') ? nested(path) : referred(`#/$defs/${path}`);
  expect(schema.enum?.toSorted()).toEqual(Object.keys(WORDS[path] ?? {}).sort());
});

/** `string`, or `string?` where it may be absent. An integer is a number. */
function fieldsOf(schema: Schema): Readonly<Record<string, string>> {
  const parts = partsOf(schema);
  const required = new Set(parts.flatMap((part) => part.required ?? []));
  const names = new Set(parts.flatMap((part) => Object.keys(part.properties ?? {})));
  return Object.fromEntries(
    [...names].map((name) => {
      const kinds = parts.flatMap((part) => kindsOf(part.properties?.[name]));
      expect(new Set(kinds).size).toBe(1);
      return [name, `${kinds[0]}${required.has(name) ? '' : '?'}`];
    }),
  );
}

function kindsOf(schema: Schema | boolean | undefined): readonly string[] {
  if (typeof schema !== 'object') return [];
  return partsOf(schema).flatMap(({ type, const: constant, enum: words }) => {
    const kind = type ?? (words === undefined ? (constant === undefined ? undefined : typeof constant) : 'string');
    return kind === undefined ? [] : [kind === 'integer' ? 'number' : kind];
  });
}

/** `incident.stuck`: the property of a part of `common`; of a list, what it holds. */
function nested(path: string): Schema {
  const [part = '', property = ''] = path.split('.');
  const found = partsOf(referred(`#/$defs/${part}`)).flatMap((schema) => schema.properties?.[property] ?? [])[0];
  if (typeof found !== 'object') throw new Error(`no ${path}`);
  return found.items ?? found;
}
