import type { z } from 'zod';
import { issueFaults, valueAt, yamlPlace, type Place } from '../lib/zod-faults.ts';
import { didYouMean } from './suggest.ts';
import type { YamlDocument } from './yaml-document.ts';

/**
 * The faults in one issue of a schema, one line each, with their place in front: `7:13: territories[0].id is missing`.
 *
 * @param keysAt the keys that a map at this place may have: a misspelled key is compared with them.
 */
export function placedFaults(
  issue: z.core.$ZodIssue,
  document: YamlDocument,
  keysAt: (place: Place) => readonly string[],
): readonly string[] {
  return innermost(issue)
    .flatMap((inner) => issueFaults(inner, document.value))
    .map(({ place, kind, text }) => {
      const value = valueAt(document.value, place);
      const name = placeText(place);
      const at = document.locate(place, kind === 'unknown' ? 'key' : 'value');
      switch (kind) {
        case 'unknown':
          return `${at}: ${name} ${text}${didYouMean(String(place.at(-1)), keysAt(place.slice(0, -1)))}`;
        case 'missing':
          return `${at}: ${name} ${text}`;
        case 'type':
          return `${at}: ${name} is ${typeName(value)}, it ${text}`;
        case 'value':
          return `${at}: ${name}: ${written(value)}${text}`;
      }
    });
}

/** Where the last form of a union, a list, is the one that was meant: what is wrong with it. */
function innermost(issue: z.core.$ZodIssue): readonly z.core.$ZodIssue[] {
  const meant = issue.code === 'invalid_union' ? (issue.errors.at(-1) ?? []) : [];
  if (meant.length === 0 || meant.some(({ code, path }) => code === 'invalid_type' && path.length === 0))
    return [issue];
  return meant.flatMap((inner) => innermost({ ...inner, path: [...issue.path, ...inner.path] }));
}

/** `territories[0].blocks[1]` */
export function placeText(place: Place): string {
  return place.length === 0 ? 'the file' : yamlPlace(place);
}

function typeName(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number') return Number.isFinite(value) ? `the number ${value}` : 'not a finite number';
  return typeof value === 'object' ? 'a map' : `the ${typeof value} ${JSON.stringify(value)?.slice(0, 60)}`;
}

function written(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? `${String(value).slice(0, 80)} ` : '';
}
