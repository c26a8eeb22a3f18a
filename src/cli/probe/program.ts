import type { Command } from 'commander';
import type { Io } from '../../app/io.ts';
import { collect, ending, type End } from '../program-options.ts';
import type { CheckOptions } from './probe.ts';

/** `unroutable probe`: the targets of `watch --probes`. */
export function addProbeCommands(program: Command, io: Io, end: End): void {
  const probe = program
    .command('probe')
    .summary('check the services that watch --probes asks')
    .description('Checks or lists the services inside a territory that `watch --probes` asks.');
  probe
    .command('check')
    .summary('ask each target once')
    .description('Asks the controls and each target of the file once, one at a time, and prints what came of it.')
    .requiredOption('--probes <file>', 'YAML file of targets, see docs/probing.md')
    .option('-t, --territory <id>', 'only its targets; may be given again (default: all of the file)', collect)
    .option('--territories <file>', 'YAML file of territories, see docs/territories.md')
    .action(ending(end, async (options: CheckOptions) => (await import('./probe.ts')).checkProbes(options, io)));
  probe
    .command('targets')
    .summary('list the targets that are built in')
    .description('Lists the targets that are built in, with the source and the date of each address. Sends nothing.')
    .action(ending(end, async () => (await import('./probe.ts')).listTargets(io)));
}
