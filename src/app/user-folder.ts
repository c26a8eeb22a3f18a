import { isAbsolute, join } from 'node:path';
import type { Io } from './io.ts';

/** A kind of user folder: its variable in the specification, and its default below the home folder. */
const BELOW_HOME = { STATE: '.local/state', CACHE: '.cache' } as const;

/**
 * The user's folder for state or for caches, by the XDG base directory specification 0.8: `$XDG_STATE_HOME`, else
 * `~/.local/state`. An empty variable and a relative path count as unset: a relative path would depend on the working
 * directory.
 *
 * @returns `undefined`: there is no home folder, as under systemd without `User=`
 */
export function userFolder(kind: keyof typeof BELOW_HOME, { env }: Pick<Io, 'env'>): string | undefined {
  const chosen = env[`XDG_${kind}_HOME`] ?? '';
  if (isAbsolute(chosen)) return chosen;
  const home = env['HOME'] ?? '';
  return isAbsolute(home) ? join(home, BELOW_HOME[kind]) : undefined;
}
