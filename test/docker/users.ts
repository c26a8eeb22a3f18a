import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/cli.ts';

/** The file of users that docs/docker.md has its reader write, for this password. */
export function usersOfTheDocs(password: string): string {
  const docs = readFileSync(join(ROOT, 'docs/docker.md'), 'utf8');
  const lines = [...docs.matchAll(/^ {4}(user (?:default|unroutable) .*)$/gm)].map(([, line]) => line);
  if (lines.length !== 2) throw new Error(`docs/docker.md has ${lines.length} users, not two`);
  return `${lines.join('\n')}\n`.replace('SHA256', createHash('sha256').update(password).digest('hex'));
}
