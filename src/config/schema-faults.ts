import type { z } from 'zod';
import { expectedText, valueAt } from '../lib/zod-faults.ts';
import { didYouMean } from './suggest.ts';
import type { Path, YamlDocument } from './yaml-document.ts';

/**
 * The faults in one issue of a schema, one line each, with their place in front: `7:13: territories[0].id is missing`.
 *
 * @param knownKeys the keys that a map at this path may have: a misspelled key is compared with them.
 */
export function issueFaults(
  issue: z.core.$ZodIssue,
  document: YamlDocument,
  knownKeys: (path: Path) => readonly string[],
): readonly string[] {
  const { path } = issue;
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(
      (key) =>
        `${document.locate([...path, key], 'key')}: ${spell([...path, key])} is not known${didYouMean(key, knownKeys(path))}`,
    );
  }
  const at = document.locate(path);
  if (issue.code === 'custom' || issue.code === 'invalid_format' || issue.code === 'too_small') {
    return [`${at}: ${spell(path)}: ${written(document, path)}${issue.message}`];
  }
  if (issue.code === 'invalid_type') {
    const value = valueAt(document.value, path);
    const fault =
      value === undefined ? 'is missing' : `is ${typeName(value)}, it must be ${expectedText(issue.expected)}`;
    return [`${at}: ${spell(path)} ${fault}`];
  }
  return [`${at}: ${spell(path)}: ${issue.message}`];
}

function typeName(value: unknown): string {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number') return Number.isFinite(value) ? `the number ${value}` : 'not a finite number';
  return typeof value === 'object' ? 'a map' : `the ${typeof value} ${JSON.stringify(value)?.slice(0, 60)}`;
}

/** `territories[0].blocks[1]` */
export function spell(path: Path): string {
  const text = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  return text === '' ? 'the file' : text.replace(/^\./, '');
}

function written(document: YamlDocument, path: Path): string {
  const value = valueAt(document.value, path);
  return typeof value === 'string' || typeof value === 'number' ? `${String(value).slice(0, 80)} ` : '';
}
