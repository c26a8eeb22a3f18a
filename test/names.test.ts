import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const EXPORTED = /^export (?:abstract )?(?:async )?(?:function\*?|const|class|interface|type) (\w+)/;
const TYPE = /^export (?:abstract )?(?:class|interface|type) (\w+)/;

const files = ['src', 'streams'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => ({ path: join(folder, file), lines: readFileSync(join(ROOT, folder, file), 'utf8').split('\n') })),
);

test('every exported name has a doc comment', () => {
  const bare = files.flatMap(({ path, lines }) =>
    lines.flatMap((line, i) => {
      const name = EXPORTED.exec(line)?.[1];
      const above = lines.slice(0, i).findLast((text) => !text.startsWith('// oxlint-disable'));
      return name === undefined || above?.trimEnd().endsWith('*/') === true ? [] : [`${path} ${name}`];
    }),
  );
  expect(bare).toEqual([]);
});

test('no type name is exported by two files', () => {
  const places = new Map<string, string[]>();
  for (const { path, lines } of files) {
    for (const line of lines) {
      const name = TYPE.exec(line)?.[1];
      if (name !== undefined) places.set(name, [...(places.get(name) ?? []), path]);
    }
  }
  expect([...places].filter(([, paths]) => paths.length > 1)).toEqual([]);
});
