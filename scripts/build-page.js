// Bundles the page into dist/page: three files, packed. Run by `npm run build`.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = process.argv[2] ?? `${root}dist/page`;

await mkdir(out, { recursive: true });
const bundled = await build({
  entryPoints: [`${root}page/main.ts`],
  write: false,
  bundle: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  legalComments: 'none',
  logLevel: 'warning',
});
const files = {
  'index.html': await readFile(`${root}page/index.html`),
  'page.css': await readFile(`${root}page/page.css`),
  'page.js': bundled.outputFiles[0].contents,
};
for (const [name, bytes] of Object.entries(files)) await writeFile(`${out}/${name}.gz`, gzipSync(bytes, { level: 9 }));
