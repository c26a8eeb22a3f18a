import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot, packageVersion } from './package-root.ts';

/** The version of the decoder of MRT records: the program's version, and the hash of the WebAssembly's sources. */
export function decoderVersion(): string {
  const build = readFileSync(join(packageRoot(), 'bgpkit-parser-wasm', 'pkg', 'BUILD.json'));
  return `unroutable ${packageVersion()}, decoder ${createHash('sha256').update(build).digest('hex').slice(0, 12)}`;
}
