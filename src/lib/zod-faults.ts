import type { z } from 'zod';

/** A place in a document: keys of maps, and indices of lists from 0. */
export type Place = readonly PropertyKey[];

/** `data.routes.0.prefix`; empty for the whole. */
export function placeText(place: Place): string {
  return place.map(String).join('.');
}

/** The faults of a value by its schema, one line each: `data.routes.0: expected a string`. */
export function zodFaults({ issues }: z.ZodError): readonly string[] {
  return issues.map(({ path, message }) => (path.length === 0 ? message : `${placeText(path)}: ${message}`));
}

/** The value at a place; `undefined` when there is none. */
export function valueAt(value: unknown, place: Place): unknown {
  return place.reduce<unknown>(
    (inner, part) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, part) ? Reflect.get(inner, part) : undefined,
    value,
  );
}

/** The name of a zod type for people who write YAML. */
export function expectedText(type: string): string {
  return TYPES[type] ?? type;
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text (in quotes where it looks like a number)',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of keys and values',
  record: 'a map of keys and values',
};
