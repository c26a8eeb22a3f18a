import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const EXPORTED = /^export (?:abstract )?(?:async )?(?:function\*?|const|class|interface|type) (\w+)/;
const TYPE = /^export (?:abstract )?(?:class|interface|type) (\w+)/;

/** Types of one name in several files. Each pair is of rooms that never meet, or would need a longer name for no reader. */
const NAMED_TWICE: Readonly<Record<string, string>> = {
  About: 'a recorded territory, and what garbage is made about',
  ArchiveOptions: 'options of the command, and what the reading makes of them',
  BatchWriter: 'of webhook records, and of MRT records',
  Bucket: 'of the history, and as the API answers it',
  Clock: 'the port, and how report writes local time',
  Damage: 'in the bytes of a file, and as a person reads it',
  Decoded: 'each format has its decoder',
  Entry: 'an open change, and an entry of a Redis stream',
  Fault: 'of a webhooks file, and of a call of RIPEstat',
  FaultKind: 'of a command, and of a call of RIPEstat',
  FetchOptions: 'of `incidents fetch`, and of `fetch`',
  Filter: 'of an endpoint, and of a subscription: RIS Live calls it so',
  Found: 'in a store, and in a table of visibility',
  Keep: 'a script of Redis, and a cache of RIPEstat',
  Kept: 'what a store holds, and what the webhook commands opened of it',
  Known: 'a verdict, and a part of a score',
  Link: 'of a chain of events, and to a Redis server',
  Look: 'into a bucket, and at the engine',
  Mark: 'on a network, on a folder, and between records',
  Means: 'what sending needs, and what the commands need',
  Message: 'evidence of an event, and a message of RIS Live: RIS calls it so',
  Opened: 'a store, and a file',
  Outcome: 'of a delivery, of a replay, and of a call of RIPEstat',
  Pace: 'of the client, and of the server',
  Parts: 'of a share, and of the engine',
  PeerState: 'what we know of a session, and RIS_PEER_STATE',
  Place: 'in a queue, and in the event log',
  Range: 'of time, and of addresses',
  Reader: 'of the history, and of a written-down view',
  Reading: 'of a frame, and how far a replay is',
  Report: 'each source has its reports',
  Seed: 'where the first table comes from, and what RIPEstat made of it',
  Seen: 'in a bucket, and in a run',
  Sessions: 'of the engine, and of the live feed',
  Sight: 'what was recorded, and the routes of a feed',
  Space: 'of a store, and of addresses',
  Span: 'of a chart, and of a gap',
  Standing: 'of a verdict in a summary, and of the alerts that fire',
  StateChange: 'of a store, and of a session (RFC 6396 calls it so)',
  Style: 'of text, and of pictures',
  StreamClock: 'of the live feed, and of a file',
  Subject: 'of a change, and of the API',
  Target: 'of a webhook, and of a Redis client',
  Timeline: 'of sentences, and of shares',
  Turn: 'of a verdict, and of an incident',
  Unreadable: 'a record, and a frame',
  Watch: 'what watches, and the prefixes that are watched',
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
