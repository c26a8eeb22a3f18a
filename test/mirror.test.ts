import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Folders of tests that test no single folder of the sources, and why they are there. */
const OTHERS: Readonly<Record<string, string>> = {
  contract: 'what every store, sink and source must do',
  days: 'days in the life of a country, played on the whole engine',
  differential: 'our MRT decoder beside bgpdump',
  docker: 'the Dockerfile and docker-compose.yml',
  fixtures: 'recorded input',
  live: 'a watch of a feed, from the socket to the event',
  replay: 'recorded incidents, from the file to the event',
  'sinks/webhook/golden': 'expected output',
  'streams/mrt/bad-records': 'cases of damage',
  'streams/mrt/flips': 'files with flipped bits',
  'streams/ris-live/server/support': 'shared by the tests beside it',
  support: 'shared by all tests',
  torture: 'processes that are killed',
};

test('a folder of tests has the name of what it tests, or is listed with its purpose', () => {
  const folders = readdirSync(join(ROOT, 'test'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(ROOT, 'test').length + 1));
  const strange = folders.filter((folder) => {
    const isTested = [join('src', folder), folder, join('src', `${folder}.ts`)].some((path) =>
      existsSync(join(ROOT, path)),
    );
    const isListed = Object.keys(OTHERS).some((other) => folder === other || folder.startsWith(`${other}/`));
    return !isTested && !isListed;
  });
  expect(strange).toEqual([]);
  expect(Object.keys(OTHERS).filter((other) => !folders.includes(other))).toEqual([]);
});
