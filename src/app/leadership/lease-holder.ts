import { hostname } from 'node:os';
import { pidNamespace } from '../../lib/pid-namespace.ts';
import type { Leases } from '../../ports.ts';

/**
 * The name of this process as a holder of leases: `box:4711@4026531836`. It consists of host, process id, and on Linux
 * the PID namespace, because two containers may both have a process 1.
 */
export function holderName(): string {
  const space = pidNamespace();
  return `${hostname()}:${process.pid}${space === undefined ? '' : `@${space}`}`;
}

/**
 * Releases the lease of a dead process of this machine, so that the next one need not wait. If the process is alive
 * after all, its token keeps it from writing.
 */
export async function releaseOfDead(leases: Leases, me: string): Promise<void> {
  const lease = await leases.holder();
  if (lease === undefined || lease.holder === me || !isOfDead(lease.holder, me)) return;
  await leases.release(lease);
}

function isOfDead(holder: string, me: string): boolean {
  const [theirs, ours] = [NAME.exec(holder), NAME.exec(me)];
  if (theirs?.[1] === undefined || theirs[1] !== ours?.[1] || theirs[3] !== ours[3]) return false;
  try {
    process.kill(Number(theirs[2]), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

const NAME = /^(.+):(\d+)(?:@(\d+))?$/;
