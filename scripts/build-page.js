// Bundles the page into dist/page: four files, compressed; and lays the font of pictures beside it. Run by `npm run build`.
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { rolldown } from 'rolldown';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = process.argv[2] ?? `${root}dist/page`;

await mkdir(out, { recursive: true });
const bundled = await rolldown({ input: `${root}page/main.ts`, platform: 'browser', logLevel: 'warn' });
const { output } = await bundled.generate({
  format: 'esm',
  minify: true,
  // Two files of known names: the library of charts is most of the page, and the answer needs none of it.
  entryFileNames: 'page.js',
  chunkFileNames: '[name].js',
});
const [page, charts, ...others] = output;
if (charts?.fileName !== 'charts.js' || others.length > 0)
  throw new Error(
    `the page has other files than page.js and charts.js: ${output.map(({ fileName }) => fileName).join(', ')}`,
  );
const files = {
  'index.html': await readFile(`${root}page/index.html`),
  'page.css': await readFile(`${root}page/page.css`),
  'page.js': page.code,
  'charts.js': charts.code,
};
for (const [name, content] of Object.entries(files)) {
  const bytes = Buffer.from(content);
  await writeFile(`${out}/${name}.gz`, gzipSync(bytes, { level: 9 }));
  await writeFile(`${out}/${name}.br`, brotliCompressSync(bytes));
}

// The font of PNG pictures, with its licence.
if (process.argv[2] === undefined) {
  const [dejavu, fonts] = [`${root}node_modules/dejavu-fonts-ttf`, `${root}dist/fonts`];
  await mkdir(fonts, { recursive: true });
  for (const path of ['ttf/DejaVuSans.ttf', 'LICENSE'])
    await copyFile(`${dejavu}/${path}`, `${fonts}/${path.replace('ttf/', '')}`);
}
