import { Option, type Command } from 'commander';
import type { Io } from '../../app/io.ts';
import type { CardFormat } from '../../app/report/cards.ts';
import { asFile, ending, type End } from '../program-options.ts';
import type { IncidentFetchOptions } from './incidents.ts';

const CARD_FORMATS: readonly CardFormat[] = ['md', 'html', 'json'];

const load = () => import('./incidents.ts');

/** The commands for the library of known incidents, and the demo. */
export function addIncidentCommands(program: Command, io: Io, end: End): void {
  const incidents = program
    .command('incidents')
    .summary('list, show, replay and score the known incidents')
    .description('Known incidents: those shipped as recordings, and those that were only published.')
    .helpCommand('help [command]', 'print the help of a command')
    .allowExcessArguments()
    .action(
      ending(end, async (_options: object, { args: [unknown] }: Command) =>
        unknown === undefined ? (await load()).listIncidents(io) : (await load()).noSuchCommand(unknown, io),
      ),
    );
  incidents
    .command('list')
    .summary('list them (the default)')
    .description('Lists the known incidents.')
    .action(ending(end, async () => (await load()).listIncidents(io)));
  incidents
    .command('show')
    .summary('print the card of one')
    .description(
      'Prints the card of an incident: when it was, what the routes show and what they do not show, and the sources.',
    )
    .argument('<name>', 'as `unroutable incidents` lists it')
    .addOption(new Option('-f, --format <format>', 'of the card').choices(CARD_FORMATS).default('md'))
    .action(
      ending(end, async (name: string, { format }: { format: CardFormat }) =>
        (await load()).showIncident(name, format, io),
      ),
    );
  addReplays(incidents, io, end);
  addDemo(program, io, end);
}

function addReplays(incidents: Command, io: Io, end: End): void {
  fetching(
    incidents
      .command('replay')
      .summary('replay one, and compare it with what was published')
      .description('Replays an incident, and prints what was published beside it.')
      .argument('<name>', 'as `unroutable incidents` lists it'),
  ).action(
    ending(end, async (name: string, options: IncidentFetchOptions & { archive?: boolean }) =>
      (await load()).demo(name, options, io),
    ),
  );
  fetching(
    incidents
      .command('score')
      .summary('replay them, and compare the times with what was published')
      .description(
        'Replays incidents and prints a table: the differences of onsets and durations from what was published.',
      )
      .argument('[names...]', 'as `unroutable incidents` lists them (default: all that are shipped)'),
  ).action(
    ending(end, async (names: string[], options: IncidentFetchOptions & { archive?: boolean }) =>
      (await load()).scoreIncidents(names, options, io),
    ),
  );
}

function addDemo(program: Command, io: Io, end: End): void {
  program
    .command('demo')
    .summary('replay a known incident')
    .description('Replays a known incident that comes with the program.')
    .argument('[name]', 'as `unroutable incidents` lists it', '2014-12-22')
    .option('--live', 'serve it on this machine over the protocol of RIS Live, and watch that')
    .option('--http <address>', 'with --live: show the page there, [HOST:]PORT')
    .action(
      ending(end, async (name: string, options: { live?: boolean; http?: string }) =>
        (await load()).demo(name, options, io),
      ),
    );
}

function fetching(command: Command): Command {
  return command
    .option('--archive', 'from the public archives of RIPE RIS and Route Views, not from the recordings')
    .option(
      '--cache <dir>',
      'folder of the cache (default: $UNROUTABLE_CACHE, else ~/.cache/unroutable/archive)',
      asFile,
    )
    .option('--offline', 'use only files that are in the cache')
    .option('--contact <address>', "for the archives' operators, in the User-Agent: your mail address or site");
}
