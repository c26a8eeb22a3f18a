import { InvalidArgumentError, type Command } from 'commander';
import type { Io } from '../../app/io.ts';
import { parseDuration } from '../../config/duration.ts';
import { addChoice, asDuration, ending, type Chosen, type End } from '../program-options.ts';
import { addStore, HOME_STORE } from '../store/program.ts';
import type { DrillOptions } from './drill.ts';

/** The command `drill`. */
export function addDrill(program: Command, io: Io, end: End): void {
  const drill = program
    .command('drill')
    .summary('send a marked fake outage through the whole chain')
    .description(
      'Asks the leader to report a fake outage and its end, marked in every event, and follows both through store, pub/sub and webhooks. Ends with 0 if everything arrived, else with 1.',
    );
  drill
    .option(
      '--hold <duration>',
      'time between the outage and its end, 0 to 10m; longer than receivers group alerts (default: 60s)',
      asHold,
    )
    .option('--timeout <duration>', 'wait so long for each stage (default: 60s)', asDuration);
  addChoice(drill);
  addStore(drill, HOME_STORE);
  drill.action(ending(end, async (options: Chosen<DrillOptions>) => (await import('./drill.ts')).drill(options, io)));
}

/** At most 10 min, the longest hold of a drill: `MOST_HOLD_MS`. */
function asHold(text: string): number {
  const ms = text === '0' ? 0 : parseDuration(text);
  if (ms === undefined || ms > 600_000) throw new InvalidArgumentError('It must be 0 to 10 minutes: 0, 45s, 2m.');
  return ms;
}
