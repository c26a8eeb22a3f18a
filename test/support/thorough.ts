/**
 * Whether this run takes all the time that it needs, as CI does: more seeds, more kills and the largest files. `npm test`
 * of a developer has each kind of them, and fewer.
 */
export const isThorough = (process.env['THOROUGH'] ?? process.env['CI'] ?? '') !== '';

/** How many there are: what the environment variable says, else by how thorough the run is. */
export function howMany(variable: string, few: number, many: number): number {
  const asked = Number(process.env[variable]);
  if (Number.isInteger(asked) && asked > 0) return asked;
  return isThorough ? many : few;
}

/** The seeds from 1 on, as many as `howMany` says. */
export function seeds(variable: string, few: number, many: number): readonly number[] {
  return Array.from({ length: howMany(variable, few, many) }, (_, i) => i + 1);
}

/** For titles of tests that only a thorough run has. */
export const thoroughNote = isThorough ? '' : ' (skipped: THOROUGH=1 runs it)';
