/**
 * Measures how much of a live feed one core can process: `npm run bench:live -- [--rounds N] [--seconds N] [--only
 * sustained|burst|unpaced]`. The sender is a separate process without RIS Live's filters, so the client gets all
 * messages of RIS and more. The client is the one of `unroutable watch`: socket, decoding and engine in one thread.
 * `--seconds 1800 --only sustained` is the long run.
 */
import { parseArgs } from 'node:util';
import {
  burstFigures,
  figuresText,
  isDrained,
  sustainedFigures,
  unpacedFigures,
  type Figure,
} from './bench/live-figures.ts';
import { runLive, type Outcome, type RunOptions } from './bench/live-run.ts';
import { machineText } from './bench/table.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    /** Of the sustained run. */
    seconds: { type: 'string', default: '60' },
    rate: { type: 'string', default: '20000' },
    only: { type: 'string' },
    /** How long the client holds messages to put them in order, milliseconds. It is subtracted from the lag. */
    reorder: { type: 'string', default: '2000' },
    /** Write a CPU profile of the client into the current folder. */
    profile: { type: 'boolean', default: false },
  },
});
const common = { reorderMs: Number(values.reorder), execArgv: values.profile ? ['--cpu-prof'] : [] };
const rate = Number(values.rate);
const seconds = Number(values.seconds);

/** The rate of all of RIS in September 2026, as the background of a burst. Messages per second. */
const EVERYDAY_RATE = 4000;
const CALM_S = 3;
const BURST = { rate: 60_000, seconds: 10 };
const BURST_END_MS = (CALM_S + BURST.seconds) * 1000;
/** Deadline for processing a burst. Milliseconds. */
const PATIENCE_S = 60;
const UNPACED_S = 15;

interface Scenario {
  readonly name: string;
  readonly title: string;
  readonly options: Pick<RunOptions, 'phases' | 'isEnough'>;
  readonly figures: (outcome: Outcome) => readonly Figure[];
}

const scenarios: readonly Scenario[] = [
  {
    name: 'sustained',
    title: `sustained: ${rate} messages/s for ${seconds} s`,
    options: { phases: [{ rate, seconds }] },
    figures: (outcome) => sustainedFigures(outcome, rate, seconds),
  },
  {
    name: 'burst',
    title: `burst: ${BURST.rate} messages/s for ${BURST.seconds} s; before and after it ${EVERYDAY_RATE}`,
    options: {
      phases: [{ rate: EVERYDAY_RATE, seconds: CALM_S }, BURST, { rate: EVERYDAY_RATE, seconds: PATIENCE_S }],
      isEnough: (samples, begunMs) => samples.slice(-10).every((sample) => isDrained(sample, begunMs + BURST_END_MS)),
    },
    figures: (outcome) => burstFigures(outcome, outcome.begunMs + BURST_END_MS),
  },
  {
    name: 'unpaced',
    title: `unpaced: as fast as the client reads, ${UNPACED_S} s`,
    options: { phases: [{ rate: 'unpaced', seconds: UNPACED_S }] },
    figures: (outcome) => unpacedFigures(outcome, UNPACED_S),
  },
];

console.log(machineText());
console.log(`client and sender in two processes; lags less the ${common.reorderMs} ms that messages are held`);
for (const { name, title, options, figures } of scenarios) {
  if (values.only !== undefined && values.only !== name) continue;
  console.log(`\n${title}; median of ${values.rounds} rounds, least–most`);
  const rounds: (readonly Figure[])[] = [];
  for (let round = 1; round <= Number(values.rounds); round++) {
    console.error(`  ${name}, round ${round}`);
    const outcome = await runLive({ ...common, ...options });
    rounds.push(figures(outcome));
    const odd = Object.entries(outcome.received.odd).map(([what, count]) => `${what} ${count}`);
    if (odd.length > 0) console.error(`  oddities: ${odd.join(', ')}`);
    for (const event of outcome.received.reported) console.error(`  reported: ${event}`);
  }
  console.log(figuresText(rounds));
}
