import type { z } from 'zod';
import { bad, good, type Failure, type Result } from '../lib/result.ts';
import type { Place } from '../lib/zod-faults.ts';
import { printable } from '../report/printable.ts';
import { MOST_BYTES, TOO_LARGE } from './config-text.ts';
import { placedFaults } from './schema-faults.ts';
import { readYaml, type YamlDocument } from './yaml-document.ts';

/** What a file must look like. */
export interface Form<T> {
  readonly schema: z.ZodType<T>;
  /** The keys that a map at this place may have: a misspelled key is compared with them. */
  readonly keysAt: (place: Place) => readonly string[];
}

/** What a file says, with a way back to the place where each value was written. */
export interface Filled<T> {
  readonly document: YamlDocument;
  readonly value: T;
}

/**
 * Reads the text of a configuration file by its form. All faults are reported at once, each with its place, so that one
 * edit can correct them.
 */
export function readForm<T>(text: string, file: string, { schema, keysAt }: Form<T>): Result<Filled<T>> {
  if (Buffer.byteLength(text) > MOST_BYTES) return refused(file, [`1:1: ${TOO_LARGE}`]);
  const yaml = readYaml(text);
  if (!yaml.ok) return refused(file, yaml.faults);
  const { document } = yaml;
  const parsed = schema.safeParse(document.value);
  if (parsed.success) return good({ document, value: parsed.data });
  return refused(
    file,
    parsed.error.issues.flatMap((issue) => placedFaults(issue, document, keysAt)),
  );
}

/** More faults than this are counted: a wrong file has one in every line. */
const MOST_FAULTS = 20;

/** A file with these faults, each with its place in front: `7:13: …`. */
export function refused(file: string, faults: readonly string[]): Failure {
  const listed = faults.slice(0, MOST_FAULTS).map((fault) => printable(`${file}:${fault}`));
  const more = faults.length - listed.length;
  return bad('configuration', ...listed, ...(more > 0 ? [printable(`${file}: and ${more} more`)] : []));
}
