import type { Command } from 'commander';
import type { Io } from '../../app/io.ts';
import type { ReplayOptions } from '../../app/replay/options.ts';
import { POLICY_SETTINGS, VOTING_SETTINGS } from '../../config/settings.ts';
import { addArchive } from '../archive/options.ts';
import { EXIT_HELP, type ExitStatus } from '../exit-status.ts';
import {
  addChoice,
  addLimits,
  addPrinting,
  addSettings,
  asCollector,
  asMoment,
  asThreads,
} from '../program-options.ts';
import { addStore } from '../store/program.ts';
import type { MapOptions } from './map.ts';

type End = (status: ExitStatus) => void;

/** `map` and `reduce`: a replay in two steps, the first of which any number of machines can do side by side. */
export function addJobCommands(program: Command, io: Io, end: End): void {
  addMap(program, io, end);
  addReduce(program, io, end);
}

function addMap(program: Command, io: Io, end: End): void {
  const map = program
    .command('map')
    .summary('extract what MRT files say of territories')
    .description(
      'Reads MRT files and writes an extract for each territory, collector and day; prints their paths. `reduce` reads them. ' +
        'What is there already is not made again.',
    )
    .argument('[files...]', 'files, folders, patterns or URLs')
    .requiredOption('-o, --out <folder>', 'the folder for the extracts, which many machines may share');
  addChoice(map);
  addLimits(map);
  map
    .optionsGroup('What to read:')
    .option('--collector <name>', 'name of the collector, where the path does not tell it', asCollector)
    .option('--threads <n>', 'threads that read files, 0 for none (default: one a core)', asThreads);
  addArchive(map);
  map
    .option('-q, --quiet', 'no progress on stderr')
    .addHelpText('after', `\n${EXIT_HELP}`)
    .action(async (files: string[], options: Omit<MapOptions, 'settings'>) => {
      const command = await import('./map.ts');
      end(await command.map(files, { ...options, settings: {} }, io));
    });
}

function addReduce(program: Command, io: Io, end: End): void {
  const reduce = program
    .command('reduce')
    .summary('replay the extracts of a territory and tell what happened')
    .description('Replays extracts that `map` made, and tells what `replay` of the same files would, to the byte.')
    .argument('<extracts...>', 'extracts, and folders of extracts');
  addChoice(reduce);
  addLimits(reduce);
  reduce
    .optionsGroup('What to read:')
    .option('--since <time>', 'tell nothing before this time (UTC)', asMoment)
    .option('--until <time>', 'read nothing after this time (UTC)', asMoment);
  addPrinting(reduce);
  addStore(reduce, 'none');
  addSettings(reduce, 'How to judge:', POLICY_SETTINGS);
  addSettings(reduce, 'Who may vote:', VOTING_SETTINGS);
  reduce
    .addHelpText('after', `\n${EXIT_HELP}`)
    .action(async (extracts: string[], options: Omit<ReplayOptions, 'settings'>) => {
      const command = await import('./reduce.ts');
      end(await command.reduce(extracts, { ...options, settings: { ...options } }, io));
    });
}
