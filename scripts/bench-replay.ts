/**
 * Measures the speed of a replay, compared with other tools: `npm run bench:replay -- [--rounds N] [--copies N]
 * [FILES]`. Files smaller than 250 MB unpacked are repeated; without files a corpus is made. All tools on PATH run in
 * turns in one run, because figures of different runs on a shared machine cannot be compared.
 */
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { corporaOf, syntheticCorpora } from './bench/corpus.ts';
import { measure, middle, sidesOf, startsOf } from './bench/sides.ts';
import { writeUpdates } from './bench/synthetic.ts';
import { corpusText, machineText, tableText } from './bench/table.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    /** How often files are repeated, instead of until they are large enough, to measure the cost of many files. */
    copies: { type: 'string', default: '0' },
    /** Leave out tools that need minutes. */
    'no-parsers': { type: 'boolean', default: false },
  },
});

/** Unpacked. */
const SMALL_BYTES = 100_000;
const STARTS = 15;

const folder = await mkdtemp(join(tmpdir(), 'unroutable-bench-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(130));

console.log(machineText());
const corpora =
  positionals.length === 0
    ? await syntheticCorpora(folder)
    : await corporaOf(positionals, folder, Number(values.copies));
for (const corpus of corpora) {
  console.log(`\n${corpusText(corpus)}`);
  const { sides, absent } = sidesOf(corpus);
  const chosen = values['no-parsers'] ? sides.filter(({ name }) => !/bgp(?:kit|dump)/.test(name)) : sides;
  const measured = await measure(chosen, Number(values.rounds), (text) => console.error(`  ${text}`));
  console.log(tableText(corpus, measured, absent));
}

if (positionals.length === 0) {
  const small = join(folder, 'updates.20190101.0005.gz');
  await writeUpdates(small, SMALL_BYTES);
  console.log('\nstarts, wall seconds');
  for (const { name, costs } of await measure(startsOf(small), STARTS, () => undefined))
    console.log(`${name.padEnd(16)} ${middle(costs).wall.toFixed(3)}`);
}
