// `npm run build` makes the command of these sources: few files to find and to link, which is most of the time of a short run.
// The output is readable, so that a stack trace names a line that says something.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineConfig } from 'rolldown';

/** Loaded from where npm put them: the WebAssembly, what is native, and large ones that short runs do not load. */
const EXTERNAL = ['#bgpkit-parser-wasm', '@resvg/resvg-wasm', 'bullmq', 'lmdb', 'ioredis', 'pino', 'ws'];

/**
 * What is loaded together lies in one file: finding and linking a module costs more than reading it. Each layer is all
 * that these modules import (not what they load when it is needed), without what an earlier layer holds.
 */
const LAYERS = [
  { name: 'front', from: ['src/cli/main.ts'] },
  // The reading threads start while the rest of a replay is loaded.
  { name: 'threads', from: ['src/cli/replay/threads.ts'] },
  { name: 'replay', from: ['src/cli/replay/replay.ts', 'src/config/territories-apart.ts'] },
];

const common = { platform: 'node', external: (id) => EXTERNAL.includes(id) || id.startsWith('node:') };
const output = { dir: 'dist/cli', format: 'esm', chunkFileNames: '[name]-[hash].js' };

export default defineConfig([
  {
    ...common,
    input: { main: 'src/cli/main.ts', 'territories-worker': 'src/config/territories-worker.ts' },
    plugins: [licenses()],
    preserveEntrySignatures: 'allow-extension',
    output: {
      ...output,
      cleanDir: true,
      codeSplitting: { includeDependenciesRecursively: false, groups: [{ name: layers(), debugName: 'layers' }] },
    },
  },
  // A reading thread shares no module with the command, and starts sooner as one file.
  { ...common, input: { 'scan-worker': 'streams/mrt/threads/scan-worker.ts' }, output },
]);

/** The layer of a module, if any. */
function layers() {
  let layerOf;
  return (id, context) => {
    layerOf ??= closures((module) => context.getModuleInfo(module));
    return layerOf.get(id) ?? null;
  };
}

function closures(getModuleInfo) {
  const found = new Map();
  for (const { name, from } of LAYERS) {
    const open = from.map((file) => join(import.meta.dirname, file));
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      const module = found.has(id) ? null : getModuleInfo(id);
      if (module === null) continue;
      found.set(id, name);
      open.push(...module.importedIds);
    }
  }
  // It waits until the command is done: nothing that a command imports may lie in its file.
  found.delete(join(import.meta.dirname, 'src/cli/main.ts'));
  return found;
}

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
