import { codeOf } from './errno.ts';

/**
 * Whether a process with this id runs on this machine, or in this container, also of another user.
 *
 * @param pid a positive whole number: 0 and negative ones mean groups of processes.
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
