import { spawnSync } from 'node:child_process';

/** Whether there is a shell: npm starts scripts with it, and not every PATH has `sh`. */
export const hasShell = spawnSync('sh', ['-c', 'true']).status === 0;

/** Added to the name of what is skipped without it. */
export const withoutShell = hasShell ? '' : ' (skipped: sh is not on PATH)';
