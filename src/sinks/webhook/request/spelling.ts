import { yamlPlace } from '../../../lib/zod-faults.ts';

/**
 * The name of an endpoint's field as the user wrote it: `filter.types[0]` in YAML, `--type` on the command line. A
 * fault then names what to change.
 */
export type Spelling = (path: readonly PropertyKey[]) => string;

/** `headers.x-a`, `secrets[0]` */
export const inYaml: Spelling = yamlPlace;

/** For faults: how to give the place of a secret. */
export const REFERENCE = 'file:PATH or env:NAME, in YAML {file: PATH} or {env: NAME}';
