import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const wasm = `${root}/bgpkit-parser-wasm/pkg/bgpkit_parser_wasm_bg.wasm`;

const hasBash = spawnSync('bash', ['-c', 'true']).status === 0;
const note = hasBash ? '' : ' (skipped: bash is not on PATH)';

it.skipIf(!hasBash)(
  `the committed package was built from the committed sources, lock file and build script${note}`,
  () => {
    const said = execFileSync(`${root}/scripts/build-wasm.sh`, ['--check'], { encoding: 'utf8' });
    expect(said).toContain('pkg/ is of these sources');
  },
);

it('the committed package is small, and names no path of the machine it was built on', () => {
  expect(statSync(wasm).size).toBeLessThan(320_000);
  expect(readFileSync(wasm).toString('latin1')).not.toMatch(/\/home\/|\/root\/|\/work\/|\/usr\/lib\/rustlib/);
});
