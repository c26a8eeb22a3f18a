import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EventType } from '../../src/detect/events/event.ts';
import { EVENT_FIELDS, EVENT_TYPES, NESTED_FIELDS, PART_FIELDS } from './fields.ts';
import { eventsOnDays } from './real-events.ts';
import { faultsOf } from './schemas.ts';

/**
 * The schemas refuse what the types do not allow. Real events of each type, the longest of which has every field, are
 * changed in one place; what may be absent is known from the types alone.
 */
type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type Path = readonly (string | number)[];

const said = eventsOnDays();
const samples: ReadonlyMap<EventType, readonly Json[]> = new Map(
  EVENT_TYPES.map((type) => [
    type,
    said.filter((event) => event.type === type).map((event) => JSON.parse(JSON.stringify(event)) as Json),
  ]),
);

/**
 * They may be absent by the type, and may not here: the schemas know more. All but the first event have one before, and a
 * drill that does not say so would be taken for real.
 */
const BOUND: ReadonlySet<string> = new Set([
  'previousid',
  'drill',
  'country.unknown data.reason',
  'incident.closed data.incident.durationMs',
  'incident.updated data.changed',
  'observer.restored data.lostAt',
  'observer.healed data.lostAt',
]);

const RUNS = { numRuns: 150 };

describe.each(EVENT_TYPES)('%s', (type) => {
  const events = samples.get(type) ?? [];
  const places = events.flatMap((event, i) => placesOf(event).map((path) => ({ i, path })));
  const objects = places.filter(({ i, path }) => isObject(at(events[i], path)));
  const fields = places.filter(({ path }) => typeof path.at(-1) === 'string');
  const optionals = optionalFields(type);
  const isRequired = ({ path }: { path: Path }): boolean => !optionals.has(nameOf(path));

  test('unchanged it is valid', () => {
    expect(events.flatMap((event) => faultsOf(type, event))).toEqual([]);
  });

  test('without any one field that is not optional it is not', () => {
    const required = fields.filter(isRequired);
    expect(required.length).toBeGreaterThan(10);
    fc.assert(
      fc.property(fc.constantFrom(...required), ({ i, path }) => {
        expect([path, faultsOf(type, without(events[i], path))]).not.toEqual([path, []]);
      }),
      RUNS,
    );
  });

  test('without any one field that is optional it still is', () => {
    const optional = fields.filter((field) => !isRequired(field) && !isBound(type, field.path));
    if (optional.length === 0) return;
    fc.assert(
      fc.property(fc.constantFrom(...optional), ({ i, path }) => {
        expect([path, faultsOf(type, without(events[i], path))]).toEqual([path, []]);
      }),
      RUNS,
    );
  });

  test('an unknown field anywhere makes it invalid', () => {
    // What every JavaScript object inherits, ajv takes for a property that was looked at.
    const unknown = fc.stringMatching(/^[a-z]{1,12}$/).filter((name) => !KNOWN.has(name) && !(name in {}));
    fc.assert(
      fc.property(fc.constantFrom(...objects), unknown, fc.jsonValue(), ({ i, path }, name, value) => {
        expect(faultsOf(type, replaced(events[i], [...path, name], value as Json))).not.toEqual([]);
      }),
      RUNS,
    );
  });

  test('a value of another kind anywhere makes it invalid', () => {
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.jsonValue(), ({ i, path }, value) => {
        fc.pre(kindOf(value as Json) !== kindOf(at(events[i], path)));
        expect([path, faultsOf(type, replaced(events[i], path, value as Json))]).not.toEqual([path, []]);
      }),
      RUNS,
    );
  });

  test('under the name of another type it is not', () => {
    for (const other of EVENT_TYPES.filter((name) => name !== type)) {
      expect(faultsOf(other, events[0])).not.toEqual([]);
      expect(faultsOf(type, replaced(events[0], ['type'], other))).not.toEqual([]);
    }
  });
});

const KNOWN = new Set([
  ...Object.values(EVENT_FIELDS).flatMap((fields) => Object.keys(fields)),
  ...[...Object.values(PART_FIELDS), ...Object.values(NESTED_FIELDS)].flatMap((fields) => Object.keys(fields)),
]);

/** Names of a type's optional fields with all levels above them, without the numbers of lists: `data.incident.drops.until`. */
function optionalFields(type: EventType): ReadonlySet<string> {
  const optional = (fields: object | undefined, above: string): readonly string[] =>
    Object.entries(fields ?? {}).flatMap(([name, kind]) => (String(kind).endsWith('?') ? [`${above}${name}`] : []));
  return new Set([
    ...optional(PART_FIELDS['envelope'], ''),
    ...optional(EVENT_FIELDS[type], 'data.'),
    ...optional(PART_FIELDS['visibility'], 'data.visibility.'),
    ...optional(PART_FIELDS['incident'], 'data.incident.'),
    ...optional(PART_FIELDS['span'], 'data.incident.spans.'),
    ...optional(NESTED_FIELDS['incident.onset'], 'data.incident.onset.'),
    ...optional(NESTED_FIELDS['targetReach.vantage'], 'data.targets.vantage.'),
  ]);
}

function isBound(type: EventType, path: Path): boolean {
  return BOUND.has(nameOf(path)) || BOUND.has(`${type} ${nameOf(path)}`);
}

function nameOf(path: Path): string {
  return path.filter((step) => typeof step === 'string').join('.');
}

/** Every place in a value: itself, what is in it, and so on. */
function placesOf(value: Json): readonly Path[] {
  const inside = Array.isArray(value)
    ? value.map((one: Json, i) => [i, one] as const)
    : isObject(value)
      ? Object.entries(value)
      : [];
  return [[], ...inside.flatMap(([step, one]) => placesOf(one).map((path) => [step, ...path]))];
}

function at(value: Json | undefined, path: Path): Json {
  const found = path.reduce<unknown>((inner, step) => (inner as Record<string | number, unknown>)[step], value);
  return found as Json;
}

function replaced(value: Json | undefined, path: Path, by: Json): Json {
  if (path.length === 0) return by;
  const copy = structuredClone(value) as Json;
  (at(copy, path.slice(0, -1)) as Record<string | number, Json>)[path.at(-1) ?? ''] = by;
  return copy;
}

function without(value: Json | undefined, path: Path): Json {
  const copy = structuredClone(value) as Json;
  delete (at(copy, path.slice(0, -1)) as Record<string | number, Json>)[path.at(-1) ?? ''];
  return copy;
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return kindOf(value) === 'object';
}

function kindOf(value: Json): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}
