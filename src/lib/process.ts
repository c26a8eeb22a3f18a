import { codeOf } from './errno.ts';

/**
 * Whether a process of this machine, or of this container, has this number now. Another user's counts as well.
 *
 * @param pid a positive whole number: 0 and negative ones name groups of processes.
 */
export function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}
