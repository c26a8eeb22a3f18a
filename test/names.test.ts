import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const EXPORTED = /^export (?:abstract )?(?:async )?(?:function\*?|const|class|interface|type) (\w+)/;
const TYPE = /^export (?:abstract )?(?:class|interface|type) (\w+)/;

/** Types of one name in several files. Each pair is of rooms that never meet, or would need a longer name for no reader. */
const NAMED_TWICE: Readonly<Record<string, string>> = {
  ArchiveOptions: 'options of the command, and what the reading makes of them',
  Decoded: 'each format has its decoder',
  Filter: 'of an endpoint, and of a subscription: RIS Live calls it so',
  Found: 'in a store, and in a table of visibility',
  Look: 'into a bucket, and at the engine',
  Means: 'what sending needs, and what the commands need',
  Message: 'evidence of an event, and a message of RIS Live: RIS calls it so',
  Outcome: 'of a delivery, of a replay, and of a call of RIPEstat',
  PeerState: 'what we know of a session, and RIS_PEER_STATE',
  Place: 'in a queue, and in the event log',
  Reading: 'of a frame, and how far a replay is',
  Standing: 'of a verdict in a summary, and of the alerts that fire',
  Subject: 'of a change, and of the API',
  Unreadable: 'a record, and a frame',
};

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

test('no type name is exported by two files, but for those listed with a reason', () => {
  const places = new Map<string, string[]>();
  for (const { path, lines } of files) {
    for (const line of lines) {
      const name = TYPE.exec(line)?.[1];
      if (name !== undefined) places.set(name, [...(places.get(name) ?? []), path]);
    }
  }
  const twice = [...places].filter(([, paths]) => paths.length > 1).map(([name]) => name);
  expect(twice.sort()).toEqual(Object.keys(NAMED_TWICE).sort());
});
