import { Command, Option } from 'commander';
import { EXIT_HELP } from './exit-status.ts';
import type { Io } from '../app/io.ts';
import { packageVersion } from '../app/package-root.ts';
import type { FetchOptions } from './archive/fetch.ts';
import { addArchive } from './archive/options.ts';
import type { ReplayOptions } from '../app/replay/options.ts';
import type { ServeRisOptions } from './serve-ris/serve-ris.ts';
import type { ServeOptions } from './serve/serve.ts';
import type { WatchOptions } from './watch/watch.ts';
import {
  addChoice,
  addHttp,
  addLimits,
  addPrinting,
  addThresholds,
  asCollector,
  asCollectors,
  asCount,
  asEvents,
  asFile,
  asMoment,
  asPort,
  asSeed,
  asSpeed,
  asThreads,
  asWebSocketUrl,
  collect,
  DEFAULT_HTTP,
  ending,
  type Chosen,
  type End,
} from './program-options.ts';
import { NamedCommand } from './named-command.ts';
import { addDrill } from './drill/program.ts';
import { addJobCommands } from './jobs/program.ts';
import { addIncidentCommands } from './incidents/program.ts';
import { addAsk, addHistory, addReport } from './report/program.ts';
import { addProbeCommands } from './probe/program.ts';
import { addStore, addStoreCommands, HOME_STORE } from './store/program.ts';
import { addWebhookCommands } from './webhook/program.ts';
import { forLiveFeed } from '../config/settings.ts';

/**
 * The command line. Each command is loaded only when it is called, so that `--help` answers at once. `end` takes the
 * exit status of the command that ran. `words`: the arguments that will be parsed, so that only the options of named
 * commands are built; without it, all are built.
 */
export function createProgram(io: Io, end: End, words?: readonly string[]): Command {
  const program = (words === undefined ? new Command('unroutable') : new NamedCommand('unroutable', words))
    .description("Says, to the second, when a country leaves the Internet's routing table, and when it comes back.")
    .version(packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .configureHelp({ optionDescription })
    .showHelpAfterError("'unroutable --help' shows how it is used.")
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.stdout.write(text), writeErr: (text) => io.stderr.write(text) });
  addReplay(program, io, end);
  addReport(program, io, end);
  addAsk(program, io, end);
  addHistory(program, io, end);
  addFetch(program, io, end);
  addWatch(program, io, end);
  addStoreCommands(program, io, end);
  addWebhookCommands(program, io, end);
  addDrill(program, io, end);
  addServe(program, io, end);
  addServeRis(program, io, end);
  addTerritories(program, io, end);
  addInspect(program, io, end);
  addIncidentCommands(program, io, end);
  addJobCommands(program, io, end);
  addProbeCommands(program, io, end);
  pointToOwnHelp(program, 'unroutable');
  return program;
}

/** A fault of a command points to the help of that command. */
function pointToOwnHelp(command: Command, path: string): void {
  command.showHelpAfterError(`'${path} --help' shows how it is used.`);
  for (const child of command.commands) pointToOwnHelp(child, `${path} ${child.name()}`);
}

/** The description, with the choices added if it does not name them. */
function optionDescription({ description, argChoices = [], defaultValue }: Option): string {
  const isNamed = argChoices.every((choice) => description.includes(choice));
  const more = [
    ...(isNamed ? [] : [`choices: ${argChoices.join(', ')}`]),
    ...(typeof defaultValue === 'string' ? [`default: ${defaultValue}`] : []),
  ];
  return more.length === 0 ? description : `${description} (${more.join('; ')})`;
}

const EXAMPLES = `
Examples:
  unroutable demo                                   the blackout of December 2014
  unroutable replay rrc00/2014.12/*.gz              North Korea in these files
  unroutable replay 'archive/**/*.{gz,bz2}' --since 2014-12-22T12:00 --until 2014-12-23T06:00
  unroutable replay rrc00/ --format csv > events.csv
  unroutable replay rrc00/ --territories watch.yaml --territory YT
  unroutable inspect bview.20141222.1600.gz

${EXIT_HELP}`;

function addReplay(program: Command, io: Io, end: End): void {
  const replay = program
    .command('replay')
    .summary('replay MRT files and report what happened')
    .description('Replays MRT files (plain, gz or bz2; table dumps and updates) and reports what happened.')
    .argument('[files...]', 'files, folders, patterns, URLs, or - for standard input');
  addChoice(replay);
  addLimits(replay);
  replay
    .optionsGroup('What to read:')
    .option('--collector <name>', 'name of the collector, if the path does not contain it', asCollector)
    .option('--since <time>', 'report nothing before this time (UTC)', asMoment)
    .option('--threads <n>', 'threads that read files, 0 for none (default: one for each core)', asThreads);
  addArchive(replay);
  addPrinting(replay);
  addStore(replay, 'none');
  addThresholds(replay);
  replay.addHelpText('after', `\n${EXIT_HELP}`).action(
    ending(end, async (files: string[], options: Chosen<ReplayOptions>) => {
      const wanted: ReplayOptions = { ...options, settings: { ...options } };
      const { startThreads } = await import('./replay/threads.ts');
      const threads = startThreads(files, wanted);
      try {
        const command = await import('./replay/replay.ts');
        return await command.replay(files, { ...wanted, ...(threads !== undefined && { threads }) }, io);
      } finally {
        await threads?.close();
      }
    }),
  );
}

function addFetch(program: Command, io: Io, end: End): void {
  const fetch = program
    .command('fetch')
    .summary('fetch files of the public archives')
    .description('Fetches the files of a window into the cache and prints their paths; `replay` reads them from there.')
    .argument('[urls...]', 'URLs of files, instead of a window');
  addArchive(fetch);
  fetch
    .optionsGroup('What to print:')
    .option('-q, --quiet', 'no progress on stderr')
    .action(
      ending(end, async (urls: string[], options: FetchOptions) =>
        (await import('./archive/fetch.ts')).fetchArchive(urls, options, io),
      ),
    );
}

function addWatch(program: Command, io: Io, end: End): void {
  const watch = program
    .command('watch')
    .summary('watch RIPE RIS Live and report what happens')
    .description('Watches RIPE RIS Live, or a server with the same protocol, until it is stopped.');
  addChoice(watch);
  addLimits(watch);
  addListening(watch);
  watch
    .optionsGroup('What to print:')
    .addOption(
      new Option(
        '-f, --format <format>',
        'text for people (default on a terminal), ndjson: one CloudEvent a line (default elsewhere)',
      ).choices(['text', 'ndjson']),
    )
    .option('--record <tape>', 'record everything that is received, for `replay`; the file must be new', asFile)
    .option('-q, --quiet', 'no status line')
    .addOption(new Option('--color', 'colour, even if stdout is not a terminal'))
    .addOption(new Option('--no-color', 'no colour, as with NO_COLOR set'));
  addStore(watch, `${HOME_STORE}; with --history none`);
  watch.option(
    '--keep-events <n>',
    'events that stay in the store; older ones are removed when every reader has read them (default: 20000)',
    asEvents,
  );
  addHttp(watch);
  addSending(watch);
  addThresholds(watch, forLiveFeed);
  watch.action(
    ending(end, async (options: Chosen<WatchOptions>) =>
      (await import('./watch/watch.ts')).watch({ ...options, settings: { ...options } }, io),
    ),
  );
}

function addListening(watch: Command): void {
  watch
    .optionsGroup('Feed:')
    .option('--url <url>', 'WebSocket of the feed (default: RIPE RIS Live)', asWebSocketUrl)
    .option(
      '--collectors <names>',
      'only these collectors, one socket for each: rrc00,rrc06 (default: all, over one socket)',
      asCollectors,
    )
    .option(
      '--seed <from>',
      'the first table: ripestat, mrt:FILE (may be repeated), none (default: ripestat; none with --history)',
      asSeed,
    )
    .addOption(
      new Option(
        '--heal <by>',
        'where to get the data that a gap may have hidden: ripestat or none (default: ripestat; none with --history or --seed none)',
      ).choices(['ripestat', 'none']),
    )
    .option('--ripestat <url>', 'base URL of RIPEstat (default: https://stat.ripe.net)')
    .option('--history', 'the server plays a recording, as serve-ris does: use its time, and end with it')
    .option('--probes <file>', 'also ask the services in this YAML file whether they answer, see docs/probing.md');
}

function addSending(watch: Command): void {
  watch
    .optionsGroup('What to send:')
    .option('--webhooks <file>', 'YAML file of webhooks, see docs/webhooks.md')
    .option(
      '--heartbeat <url>',
      'call this every 30 s while all is well (default: $UNROUTABLE_HEARTBEAT), see docs/metrics.md',
    )
    .option(
      '--heartbeat-failure <url>',
      'POST the reason there when it is not (default: $UNROUTABLE_HEARTBEAT_FAILURE)',
    );
}

function addServe(program: Command, io: Io, end: End): void {
  const serve = program
    .command('serve')
    .summary('serve the page and the API of a store')
    .description('Serves the page and the HTTP API of a store that `watch` or `replay --store` writes. Read-only.');
  addChoice(serve);
  addStore(serve, HOME_STORE);
  addHttp(serve, DEFAULT_HTTP);
  serve.action(
    ending(end, async (options: Chosen<ServeOptions>) => (await import('./serve/serve.ts')).serve(options, io)),
  );
}

function addServeRis(program: Command, io: Io, end: End): void {
  program
    .command('serve-ris')
    .summary('serve MRT files over the protocol of RIS Live')
    .description('Serves archived MRT updates over the protocol of RIPE RIS Live, for `watch` or any other client.')
    .argument('<files...>', 'files, folders or patterns')
    .option('--speed <n>', 'event time runs n times as fast as real time; max: as fast as the clients read', asSpeed)
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--port <n>', 'port to listen on (default: 4600)', asPort)
    .option('--wait <n>', 'start when so many clients have subscribed (default: 1)', asCount)
    .addOption(
      new Option('--at-end <what>', 'at the end of the files: close or idle')
        .choices(['close', 'idle'])
        .default('close'),
    )
    .option('--no-keepalives', 'do not send KEEPALIVEs every 30 s for sessions that are up')
    .option('--since <time>', 'serve nothing before this time (UTC)', asMoment)
    .option('--until <time>', 'serve nothing after this time (UTC)', asMoment)
    .option('--collector <name>', 'name of the collector, if the path does not contain it', asCollector)
    .option('--fault <name@time>', 'misbehave at that time, see docs/serve-ris.md; may be repeated', collect)
    .action(
      ending(end, async (files: string[], options: Omit<ServeRisOptions, 'files'>) =>
        (await import('./serve-ris/serve-ris.ts')).serveRis({ ...options, files }, io),
      ),
    );
}

function addTerritories(program: Command, io: Io, end: End): void {
  program
    .command('territories')
    .summary('list the territories that can be watched')
    .description('Lists the territories that can be watched, and where their policy differs from the default.')
    .option('--territories <file>', 'YAML file of territories, see docs/territories.md')
    .action(
      ending(end, async ({ territories }: { territories?: string }) =>
        (await import('./territories/territories.ts')).listTerritories(territories, io),
      ),
    );
}

function addInspect(program: Command, io: Io, end: End): void {
  program
    .command('inspect')
    .summary('show what is in MRT files')
    .description('Shows what is in MRT files: record types, peers, table sizes, time range, damage.')
    .argument('<files...>', 'files, folders or patterns')
    .addOption(new Option('-f, --format <format>', 'text or json').choices(['text', 'json']).default('text'))
    .action(
      ending(end, async (files: string[], options: { format: 'text' | 'json' }) =>
        (await import('./replay/inspect.ts')).inspect(files, options, io),
      ),
    );
}
