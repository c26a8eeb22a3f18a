import { isAbsolute, join } from 'node:path';
import type { Io } from './io.ts';

/** A kind of folder of a user, by the name that the specification has for it, and the one below the home without it. */
const BELOW_HOME = { STATE: '.local/state', CACHE: '.cache' } as const;

/**
 * The user's own folder for state or for caches, by the XDG base directory specification 0.8: `$XDG_STATE_HOME`, else
 * `~/.local/state`. A variable that is empty counts as unset, and so does one that is a relative path: it would be another
 * folder in each working directory.
 *
 * @returns `undefined` where there is no home, as under systemd without `User=`
 */
export function userFolder(kind: keyof typeof BELOW_HOME, { env }: Pick<Io, 'env'>): string | undefined {
  const chosen = env[`XDG_${kind}_HOME`] ?? '';
  if (isAbsolute(chosen)) return chosen;
  const home = env['HOME'] ?? '';
  return isAbsolute(home) ? join(home, BELOW_HOME[kind]) : undefined;
}
