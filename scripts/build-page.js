// Bundles the page into dist/page: three files, packed; and lays the font of pictures beside it. Run by `npm run build`.
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = process.argv[2] ?? `${root}dist/page`;

await mkdir(out, { recursive: true });
const bundled = await rolldown({ input: `${root}page/main.ts`, platform: 'browser', logLevel: 'warn' });
const { output } = await bundled.generate({ format: 'esm', minify: true });
const files = {
  'index.html': await readFile(`${root}page/index.html`),
  'page.css': await readFile(`${root}page/page.css`),
  'page.js': output[0].code,
};
for (const [name, bytes] of Object.entries(files)) await writeFile(`${out}/${name}.gz`, gzipSync(bytes, { level: 9 }));

// The font of PNG pictures, with its licence.
if (process.argv[2] === undefined) {
  const [dejavu, fonts] = [`${root}node_modules/dejavu-fonts-ttf`, `${root}dist/fonts`];
  await mkdir(fonts, { recursive: true });
  for (const path of ['ttf/DejaVuSans.ttf', 'LICENSE'])
    await copyFile(`${dejavu}/${path}`, `${fonts}/${path.replace('ttf/', '')}`);
}
