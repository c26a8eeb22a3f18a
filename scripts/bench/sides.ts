import { fileURLToPath } from 'node:url';
import { availableParallelism } from 'node:os';
import type { Corpus } from './corpus.ts';
import { median, onPath, runAll, runOnce, type Cost, type Ran } from './measure.ts';

/** One program on one corpus. */
export interface Side {
  readonly name: string;
  readonly run: () => Promise<Ran>;
}

export interface Measured {
  readonly name: string;
  /** One value per round; empty: the program failed. */
  readonly costs: readonly Cost[];
  readonly failure: string | undefined;
}

const COMMAND = fileURLToPath(new URL('../../../bin/unroutable', import.meta.url));
/** Copies are in folders that do not name a collector. */
const OPTIONS = ['--collector', 'bench', '--format', 'ndjson', '--quiet', '--out', '/dev/null'];
/** Exit statuses of `unroutable` with a valid result: done, partial. */
const STANDS = [0, 3];
/** The territory that is watched by default. */
const PREFIX = '175.45.176.0/22';

export const OURS = 'unroutable';
export const OURS_ALONE = 'unroutable, 1 thread';
export const OURS_ON_ONE_CORE = 'unroutable, 1 core';

/**
 * Node.js's own zlib with discarded output: the limit for a single-threaded reader of gzip without its own inflater.
 */
const UNPACK_ALONE = `
  const { createReadStream } = require('node:fs');
  const { Writable } = require('node:stream');
  const { pipeline } = require('node:stream/promises');
  const { createGunzip } = require('node:zlib');
  (async () => {
    for (const file of process.argv.slice(1)) {
      const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
      await pipeline(createReadStream(file, { highWaterMark: 2 ** 18 }), createGunzip({ chunkSize: 2 ** 20 }), nowhere);
    }
  })();
`;

/** Our program, the plain unpacker, and the parsers; `absent`: tools that are not on PATH. */
export function sidesOf({ files, container }: Corpus): { sides: readonly Side[]; absent: readonly string[] } {
  const ours = [process.execPath, COMMAND, 'replay', ...files, ...OPTIONS];
  const theirs: Side[] = [];
  const absent: string[] = [];
  const add = (name: string, commands: readonly (readonly string[])[]): void => {
    if (onPath(name.split(' ', 1)[0] ?? '') === undefined) absent.push(name);
    else theirs.push({ name, run: () => runAll(commands) });
  };
  const unpacker = unpackerOf(container);
  add(unpacker, [[...unpacker.split(' '), ...files]]);
  if (container === 'bzip2') add('lbzip2 -n2 -dc', [['lbzip2', '-n2', '-dc', ...files]]);
  if (container === 'gzip') add('igzip -dc', [['igzip', '-dc', ...files]]);
  add(
    'bgpkit-parser -p',
    files.map((file) => ['bgpkit-parser', '-p', PREFIX, file]),
  );
  add(
    'bgpdump -m',
    files.map((file) => ['bgpdump', '-m', file]),
  );
  const sides = [
    { name: `${OURS}, ${availableParallelism()} threads`, run: () => runOnce(ours, STANDS) },
    { name: OURS_ALONE, run: () => runOnce([...ours, '--threads', '1'], STANDS) },
    ...(onPath('taskset') === undefined
      ? []
      : [{ name: OURS_ON_ONE_CORE, run: () => runOnce(['taskset', '-c', '0', ...ours], STANDS) }]),
    ...theirs,
    ...(container === 'gzip'
      ? [{ name: 'floor: zlib of Node.js', run: () => runOnce([process.execPath, '-e', UNPACK_ALONE, ...files]) }]
      : []),
    { name: 'floor: node -e 0', run: () => runOnce([process.execPath, '-e', '0']) },
  ];
  return { sides, absent };
}

/** The cost of a short run: nearly all of it is the start of Node.js and of the program. */
export function startsOf(small: string): readonly Side[] {
  return [
    { name: 'replay of 20 KB', run: () => runOnce([process.execPath, COMMAND, 'replay', small, ...OPTIONS], STANDS) },
    { name: '--help', run: () => runOnce([process.execPath, COMMAND, '--help']) },
    { name: 'node -e 0', run: () => runOnce([process.execPath, '-e', '0']) },
  ];
}

export function unpackerOf(container: Corpus['container']): string {
  return { gzip: 'gzip -dc', bzip2: 'bzip2 -dc', plain: 'cat' }[container];
}

/** Runs all tools in turns, so that other load affects all of them. A tool that fails once is left out. */
export async function measure(
  sides: readonly Side[],
  rounds: number,
  log: (text: string) => void,
): Promise<Measured[]> {
  const costs = new Map<string, Cost[]>(sides.map(({ name }) => [name, []]));
  const failures = new Map<string, string>();
  for (let round = 1; round <= rounds; round++) {
    for (const { name, run } of sides) {
      if (failures.has(name)) continue;
      log(`round ${round} of ${rounds}: ${name}`);
      const ran = await run();
      if (ran.ok) costs.get(name)?.push(ran.cost);
      else failures.set(name, ran.reason);
    }
  }
  return sides.map(({ name }) => ({
    name,
    costs: failures.has(name) ? [] : (costs.get(name) ?? []),
    failure: failures.get(name),
  }));
}

/** The median of each figure. */
export function middle(costs: readonly Cost[]): Cost {
  const of = (pick: (cost: Cost) => number | undefined): number | undefined => {
    const values = costs.map(pick).filter((value) => value !== undefined);
    return values.length === 0 ? undefined : median(values);
  };
  return { wall: of(({ wall }) => wall) ?? Number.NaN, cpu: of(({ cpu }) => cpu), peak: of(({ peak }) => peak) };
}
