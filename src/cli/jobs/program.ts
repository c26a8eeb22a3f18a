import { Option, type Command } from 'commander';
import type { Io } from '../../app/io.ts';
import type { ReplayOptions } from '../../app/replay/options.ts';
import { addArchive } from '../archive/options.ts';
import { EXIT_HELP } from '../exit-status.ts';
import {
  addChoice,
  addLimits,
  addPrinting,
  addThresholds,
  asCollector,
  asCount,
  asDuration,
  asMoment,
  asThreads,
  ending,
  type Chosen,
  type End,
} from '../program-options.ts';
import { addStore } from '../store/program.ts';
import type { MapOptions } from './map.ts';
import type { JobStatusOptions } from './status.ts';
import type { ResumeOptions, SubmitOptions } from './submit.ts';
import type { WorkerOptions } from './work.ts';

/** `map` and `reduce`: a replay in two steps. Any number of machines can share the first one. */
export function addJobCommands(program: Command, io: Io, end: End): void {
  addMap(program, io, end);
  addReduce(program, io, end);
  addJobs(program, io, end);
}

function addMap(program: Command, io: Io, end: End): void {
  const map = program
    .command('map')
    .summary('extract what MRT files say about territories')
    .description(
      'Reads MRT files and writes an extract for each territory, collector and day; prints their paths. `reduce` reads them. ' +
        'What is there already is not made again.',
    )
    .requiredOption(
      '-o, --out <place>',
      'where the extracts go, which many machines may share: a folder, or s3://bucket/prefix',
    );
  addFiles(map);
  map
    .optionsGroup('How to run it:')
    .option('--threads <n>', 'threads that read files, 0 for none (default: one for each core)', asThreads)
    .option('-q, --quiet', 'no progress on stderr')
    .addHelpText('after', `\n${EXIT_HELP}`)
    .action(
      ending(end, async (files: string[], options: Chosen<MapOptions>) =>
        (await import('./map.ts')).map(files, options, io),
      ),
    );
}

function addReduce(program: Command, io: Io, end: End): void {
  const reduce = program
    .command('reduce')
    .summary('replay the extracts of a territory and report what happened')
    .description('Replays extracts that `map` made, and reports what `replay` of the same files would, to the byte.')
    .argument('<extracts...>', 'extracts, and folders of extracts; s3://bucket/prefix, too');
  addChoice(reduce);
  addLimits(reduce);
  reduce
    .optionsGroup('What to read:')
    .option('--since <time>', 'report nothing before this time (UTC)', asMoment)
    .option('--until <time>', 'read nothing after this time (UTC)', asMoment);
  addPrinting(reduce);
  addStore(reduce, 'none');
  addThresholds(reduce);
  reduce
    .addHelpText('after', `\n${EXIT_HELP}`)
    .action(
      ending(end, async (extracts: string[], options: Chosen<ReplayOptions>) =>
        (await import('./reduce.ts')).reduce(extracts, { ...options, settings: { ...options } }, io),
      ),
    );
}

/** The input options of `map` and `jobs submit`. */
function addFiles(command: Command): void {
  command.argument('[files...]', 'files, folders, patterns or URLs');
  addChoice(command);
  addLimits(command);
  command
    .optionsGroup('What to read:')
    .option('--collector <name>', 'name of the collector, if the path does not contain it', asCollector);
  addArchive(command);
}

function addJobs(program: Command, io: Io, end: End): void {
  const jobs = program
    .command('jobs')
    .summary('map and reduce on many machines')
    .description('Spreads a replay over many machines that share a folder, or a store that speaks S3, and a Redis.')
    .helpCommand('help [command]', 'print the help of a command');
  addSubmit(jobs, io, end);
  shared(
    jobs
      .command('work')
      .summary('do tasks until it is stopped')
      .description('Takes tasks from the queue until it is stopped. Start one on each machine, as many as you like.')
      .option('-n, --tasks <n>', 'tasks at a time (default: one per core)', asCount)
      .option(
        '--lock <duration>',
        'after this long without a sign of life from its worker, a task goes to another one (default: 30s)',
        asDuration,
      )
      .option('-q, --quiet', 'do not report tasks that begin and end'),
  ).action(ending(end, async (options: WorkerOptions) => (await import('./work.ts')).work(options, io)));
  addRuns(jobs, io, end);
  addTask(jobs, io, end);
}

function addRuns(jobs: Command, io: Io, end: End): void {
  shared(
    jobs
      .command('status')
      .summary('show the state of runs')
      .description('Shows the state of runs: what the folder has of them, and what the queue holds.')
      .argument('[runs...]', 'ids of runs (default: all)')
      .addOption(new Option('-f, --format <format>', 'text or json').choices(['text', 'json']).default('text')),
  ).action(
    ending(end, async (runs: string[], options: JobStatusOptions) =>
      (await import('./status.ts')).jobStatus(runs, options, io),
    ),
  );
  shared(
    jobs
      .command('resume')
      .summary('take a run up again')
      .description('Adds what is left of a run to the queue again, whatever became of its files and of the queue.')
      .argument('<run>', 'id of the run'),
  )
    .option('--wait', 'stay until the run is over, and print the paths of its results')
    .option('-q, --quiet', 'no progress on stderr')
    .action(
      ending(end, async (run: string, options: ResumeOptions) =>
        (await import('./submit.ts')).resume(run, options, io),
      ),
    );
  shared(
    jobs
      .command('cancel')
      .summary('cancel a run')
      .description('Takes what is left of a run out of the queue. `jobs resume` takes it up again.')
      .argument('<run>', 'id of the run'),
  ).action(
    ending(end, async (run: string, options: { out: string; redis?: string }) =>
      (await import('./cancel.ts')).cancel(run, options, io),
    ),
  );
}

function addTask(jobs: Command, io: Io, end: End): void {
  jobs
    .command('task')
    .summary('do one task of a run')
    .description(
      'Does one task of a run, or judges one territory of it. Without a task it does those of the worker that started it.',
    )
    .argument('[run]', 'id of the run')
    .argument('[what]', 'a task such as rrc00-2014-12-22, or a territory')
    .requiredOption('-o, --out <place>', 'where extracts and runs are')
    .action(
      ending(end, async (run: string | undefined, what: string | undefined, { out }: { out: string }) =>
        run === undefined || what === undefined
          ? (await import('./task-server.ts')).serveTasks(out, io)
          : (await import('./task.ts')).task(run, what, out, io),
      ),
    );
}

function addSubmit(jobs: Command, io: Io, end: End): void {
  const submit = jobs
    .command('submit')
    .summary('add a run to the queue')
    .description('Writes down every file of a run with its hash, and adds what is left of it to the queue.');
  addFiles(submit);
  shared(submit.optionsGroup('How to run it:'))
    .option('--since <time>', 'report nothing before this time (UTC)', asMoment)
    .option('--wait', 'stay until the run is over, and print the paths of its results')
    .option('-q, --quiet', 'no progress on stderr');
  addThresholds(submit);
  submit
    .addHelpText('after', `\n${EXIT_HELP}`)
    .action(
      ending(end, async (files: string[], options: Chosen<SubmitOptions>) =>
        (await import('./submit.ts')).submit(files, { ...options, settings: { ...options } }, io),
      ),
    );
}

/** The options for the shared folder and the queue. */
function shared(command: Command): Command {
  return command
    .requiredOption(
      '-o, --out <place>',
      'where extracts and runs are, for all workers: a folder, or s3://bucket/prefix',
    )
    .option('--redis <url>', 'the queue (default: $UNROUTABLE_QUEUE, else redis://127.0.0.1)');
}
