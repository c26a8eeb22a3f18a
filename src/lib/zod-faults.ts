import type { z } from 'zod';

/** A place in a document: keys of maps, and indices of lists from 0. */
export type Place = readonly PropertyKey[];

/** `data.routes.0.prefix`; empty for the whole. */
export function placeText(place: Place): string {
  return place.map(String).join('.');
}

/** `data.routes[0].prefix`, as people who write YAML know it; empty for the whole. */
export function yamlPlace(place: Place): string {
  const text = place
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part).slice(0, MOST_OF_KEY)}`))
    .join('');
  return text.replace(/^\./, '');
}

/** Of a longer key, this much is shown. */
const MOST_OF_KEY = 80;

/** A fault of a value by its schema. */
export interface IssueFault {
  readonly place: Place;
  /** What is wrong: the key itself, nothing is there, or what is there. */
  readonly kind: 'unknown' | 'missing' | 'type' | 'value';
  /** The end of a sentence about the place: `is missing`, `must be a list`. */
  readonly text: string;
}

/** The faults in one issue of a schema. */
export function issueFaults(issue: z.core.$ZodIssue, value: unknown): readonly IssueFault[] {
  const { path: place } = issue;
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({ place: [...place, key], kind: 'unknown', text: 'is not known' }));
  // A rule of our own knows better why nothing is there.
  if (issue.code !== 'custom' && valueAt(value, place) === undefined)
    return [{ place, kind: 'missing', text: 'is missing' }];
  return issue.code === 'invalid_type'
    ? [{ place, kind: 'type', text: `must be ${TYPES[issue.expected] ?? issue.expected}` }]
    : [{ place, kind: 'value', text: issue.message }];
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

/** The names of zod's types for people who write YAML. */
const TYPES: Readonly<Record<string, string>> = {
  string: 'text (in quotes where it looks like a number)',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of keys and values',
  record: 'a map of keys and values',
};
