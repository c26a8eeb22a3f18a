import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot, packageVersion } from './package-root.ts';

/** Which program reads MRT records: its version, and the hash of what its WebAssembly was built from. */
export function decoderVersion(): string {
  const build = readFileSync(join(packageRoot(), 'bgpkit-parser-wasm', 'pkg', 'BUILD.json'));
  return `unroutable ${packageVersion()}, decoder ${createHash('sha256').update(build).digest('hex').slice(0, 12)}`;
}
