/**
 * What the field of an endpoint is called in the place where it was written: `filter.types[0]` in YAML, `--type` on a
 * command line. A fault names what whoever reads it has to change.
 */
export type Spelling = (path: readonly PropertyKey[]) => string;

/** `headers.x-a`, `secrets[0]` */
export const inYaml: Spelling = (path) => {
  const text = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part).slice(0, 80)}`)).join('');
  return text.replace(/^\./, '');
};

/** For faults: how it is said where a secret is kept. */
export const REFERENCE = 'file:PATH or env:NAME, in YAML {file: PATH} or {env: NAME}';
