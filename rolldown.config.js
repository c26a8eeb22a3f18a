// `npm run build` makes the command of these sources: few files to find and to link, which is most of the time of a short run.
// The output is readable, so that a stack trace names a line that says something.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'rolldown';

/** Loaded from where npm put them: the WebAssembly, what is native, and large ones that short runs do not load. */
const EXTERNAL = ['#bgpkit-parser-wasm', '@resvg/resvg-wasm', 'bullmq', 'lmdb', 'ioredis', 'pino', 'ws'];

export default defineConfig({
  input: {
    main: 'src/cli/main.ts',
    'scan-worker': 'streams/mrt/threads/scan-worker.ts',
    'territories-worker': 'src/config/territories-worker.ts',
  },
  platform: 'node',
  external: (id) => EXTERNAL.includes(id) || id.startsWith('node:'),
  plugins: [licenses()],
  output: { dir: 'dist/cli', format: 'esm', chunkFileNames: '[name]-[hash].js', cleanDir: true },
});

/** The licences of what is bundled, which ask to be given on with it. */
function licenses() {
  return {
    name: 'licenses',
    generateBundle(_options, bundle) {
      const modules = Object.values(bundle).flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []));
      const folders = modules.map((id) => /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(id)?.[0]);
      const texts = [...new Set(folders.filter((folder) => folder !== undefined))].sort().map(licenseOf);
      this.emitFile({ type: 'asset', fileName: 'LICENSES.txt', source: texts.join('\n') });
    },
  };
}

function licenseOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? '' : readFileSync(join(folder, file), 'utf8').trim();
  return `---- ${name} ${version} (${license})\n\n${text}\n`;
}
