/** Writes docs/policy.md from the policy modules: `npm run docs:policy`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { policyDocument } from './policy/document.ts';

const root = process.cwd();
writeFileSync(join(root, 'docs', 'policy.md'), await policyDocument(root));
