import { Option, type Command } from 'commander';
import type { Io } from '../../app/io.ts';
import { addChoice, addOut, asMoment, collect, ending, type End } from '../program-options.ts';

/** The default store, in words. */
export const HOME_STORE = '$UNROUTABLE_STORE, else ~/.local/state/unroutable';

type Options = Readonly<Record<string, unknown>>;

/** The store options, the same for `watch`, `replay` and the commands that read stores. */
export function addStore(command: Command, fallback: string): Command {
  return command
    .optionsGroup('Store:')
    .option('--store <where>', `redis://…, a folder, or none (default: ${fallback})`)
    .option(
      '--name <name>',
      "name of the watch in the store (default: $UNROUTABLE_NAME, else the territories' ids, as KP or IR+KP)",
    );
}

/** The commands that read a store. */
export function addStoreCommands(program: Command, io: Io, end: End): void {
  addStatus(program, io, end);
  addEvents(program, io, end);
  addUptime(program, io, end);
  addExplain(program, io, end);
  const store = program
    .command('store')
    .summary('check, export or import a store')
    .description('Checks the store of a watch, exports it, or imports an export.')
    .helpCommand('help [command]', 'print the help of a command');
  const check = store
    .command('check')
    .summary('show whether the store can be used, and what is in it')
    .description('Shows whether the store can be used, and what is in it.');
  inStore(check).action(ending(end, async (options: Options) => (await import('./store.ts')).checkStore(options, io)));
  const write = store
    .command('export')
    .summary('write the whole store as lines of JSON')
    .description('Writes the whole store as lines of JSON.');
  addOut(inStore(write).optionsGroup('What to print:'), 'write to this file, which must not exist (default: stdout)');
  write.action(
    ending(end, async ({ out, ...options }: Options & { out?: string }) =>
      (await import('./store.ts')).exportTo({ ...options, ...(out === undefined ? {} : { file: out }) }, io),
    ),
  );
  const read = store
    .command('import')
    .summary('read what `export` wrote into an empty store')
    .description('Reads what `export` wrote into an empty store.');
  inStore(read.argument('<file>', 'what `export` wrote')).action(
    ending(end, async (file: string, options: Options) => (await import('./store.ts')).importFrom(file, options, io)),
  );
}

function addStatus(program: Command, io: Io, end: End): void {
  const status = program
    .command('status')
    .summary('show the state of a watch, and its leader')
    .description('Shows the state of a watch, its leader and standbys, and whether it is ready.');
  inStore(status)
    .optionsGroup('What to print:')
    .addOption(new Option('-f, --format <format>', 'text or json').choices(['text', 'json']).default('text'))
    .option('--ready', 'print nothing if it is ready; exit status 0 if it is, else 1')
    .action(ending(end, async (options: Options) => (await import('./status.ts')).printStatus(options, io)));
}

function addEvents(program: Command, io: Io, end: End): void {
  const events = program
    .command('events')
    .summary('print stored events')
    .description('Prints the stored events of a watch in order; with --follow, new ones, too.');
  inStore(events)
    .optionsGroup('What to print:')
    .option('--since <id|time>', 'events after the one with this id, or from this time on (UTC)')
    .option('--from <time>', 'events from this time on (UTC)', asMoment)
    .option('--until <time>', 'events before this time (UTC)', asMoment)
    .option('--chart', 'below the text, draw what was seen in that time')
    .option('--follow', 'continue with new events until stopped')
    .option('--type <type>', 'only these types: country.unroutable, country.*; may be repeated', collect)
    .addOption(
      new Option(
        '-f, --format <format>',
        'text for people (default on a terminal), ndjson: one CloudEvent a line (default elsewhere), csv: one row for each event',
      ).choices(['text', 'ndjson', 'csv']),
    )
    .addOption(new Option('--color', 'colour, even if stdout is not a terminal'))
    .addOption(new Option('--no-color', 'no colour, as with NO_COLOR set'))
    .action(ending(end, async (options: Options) => (await import('./events.ts')).printEvents(options, io)));
}

function addUptime(program: Command, io: Io, end: End): void {
  const uptime = program
    .command('uptime')
    .summary('show how long it was routable, per month or year')
    .description(
      'Shows the time under each verdict, per month or year, from the history in a store. Blind time is listed separately.',
    );
  historyOf(inStore(uptime), ['text', 'csv', 'json'])
    .option('--from <time>', 'from this time on (default: a year before the end)', asMoment)
    .option('--until <time>', 'up to this time (default: the end of the history)', asMoment)
    .addOption(new Option('--by <span>', 'month or year').choices(['month', 'year']).default('month'))
    .action(ending(end, async (options: Options) => (await import('./history.ts')).printUptime(options, io)));
}

function addExplain(program: Command, io: Io, end: End): void {
  const explain = program
    .command('explain')
    .summary('show what each peer saw at a moment, and since when')
    .description('Shows the verdict at a moment and what each peer saw then, with the time of its last change.');
  historyOf(inStore(explain), ['text', 'json'])
    .option('--at <time>', 'the moment, in UTC (default: the last one in the store)', asMoment)
    .action(ending(end, async (options: Options) => (await import('./history.ts')).printExplanation(options, io)));
}

function historyOf(command: Command, formats: readonly string[]): Command {
  return command
    .optionsGroup('What to print:')
    .addOption(new Option('--family <family>', 'where both are watched').choices(['ipv4', 'ipv6']))
    .addOption(new Option('-f, --format <format>', 'of the output').choices(formats).default('text'));
}

function inStore(command: Command): Command {
  addChoice(command);
  return addStore(command, HOME_STORE);
}
