import { InvalidArgumentError, Option, type Command } from 'commander';
import type { ExitStatus } from '../exit-status.ts';
import type { Io } from '../../app/io.ts';
import { parseDuration } from '../../config/duration.ts';
import { addChoice, asDuration, asPort, collect } from '../program-options.ts';
import { addStore, HOME_STORE } from '../store/program.ts';
import type { AddOptions } from './add.ts';
import type { WebhookOptions } from './store.ts';

type End = (status: ExitStatus) => void;

type Options = Readonly<Record<string, unknown>>;

/** As `--template` takes them; held against the presets by a test, as loading those here would make `--help` slow. */
export const TEMPLATES = 'cloudevent, slack, mattermost, discord, teams, alertmanager, ntfy, text, telegram, pagerduty';

const NAME = 'of the webhook, as `webhook list` has it';

/** The commands that look after webhooks, and the drill that tries them. */
export function addWebhookCommands(program: Command, io: Io, end: End): void {
  const webhook = program
    .command('webhook')
    .summary('look after webhooks: add, list, test, rotate, deliveries …')
    .description('Looks after webhooks. Whoever leads sends; what is done here is noticed within two seconds.')
    .helpCommand('help [command]', 'print the help of a command');
  addAdd(webhook, io, end);
  addList(webhook, io, end);
  addTest(webhook, io, end);
  addSwitches(webhook, io, end);
  addRotate(webhook, io, end);
  addDeliveries(webhook, io, end);
  addRedeliver(webhook, io, end);
  addDeadLetters(webhook, io, end);
  addDrill(program, io, end);
}

function addAdd(webhook: Command, io: Io, end: End): void {
  const add = webhook
    .command('add')
    .summary('add one, or change it')
    .description('Adds a webhook. It gets what is decided from now on, signed with a secret that is made for it.')
    .argument('<name>', 'small letters, digits and -')
    .argument('<url>', 'where to post to: https://…, or file:PATH or env:NAME where the URL itself is a secret')
    .option('--replace', 'change the webhook of this name; what waits for it stays')
    .optionsGroup('What to send:')
    .option('--type <type>', 'only these: country.unroutable, country.*; may be given again', collect)
    .option('-t, --territory <id>', 'only events of this territory; may be given again', collect)
    .option('--min-severity <severity>', 'only from here on: info, notice, warning, critical')
    .option('--template <template>', `in this form (default: cloudevent): ${TEMPLATES}`)
    .option('--chat <id>', 'for telegram: the chat')
    .option('--routing-key <where>', "for pagerduty: file:PATH or env:NAME of the integration's key")
    .optionsGroup('How to send it:')
    .option('--header <header>', "'Name: value', the value may be file:PATH or env:NAME; may be given again", collect)
    .option('--method <method>', 'POST, PUT or PATCH (default: POST)')
    .option('--secret-file <file>', 'sign with the secret in this file; made if it is not there')
    .option('--secret-env <name>', 'sign with the secret in this variable')
    .option('--concurrency <n>', 'requests at once, 1 to 16 (default: 1, in order)', asSmallCount)
    .optionsGroup('Where it may go:')
    .option('--http', 'over plain http as well')
    .option('--port <port>', 'to this port alone (default: 443 and 8443); may be given again', collectPort)
    .option('--allow <network>', 'into this network of your own: 192.168.0.0/16; may be given again', collect)
    .option('--ca <file>', 'trust the certificates in this PEM file instead of the usual ones')
    .optionsGroup('Which watch:')
    .option('--territories <file>', 'YAML file of territories, see docs/territories.md');
  addStore(add, HOME_STORE);
  add.action(async (name: string, url: string, options: Options) => {
    const { territory, ...rest } = options;
    const command = await import('./add.ts');
    const more = territory === undefined ? {} : { onlyTerritory: territory };
    const wanted = { ...rest, ...more, url } as unknown as AddOptions;
    end(await command.addWebhook(name, wanted, storeOptions(rest), { io }));
  });
}

function addList(webhook: Command, io: Io, end: End): void {
  const list = webhook
    .command('list')
    .summary('tell how each stands')
    .description('Tells how each stands: on or off, what waits, what came last.');
  inWatch(withFormat(list)).action(async (options: Options) => {
    const command = await import('./list.ts');
    end(await command.listWebhooks(storeOptions(options), io));
  });
}

function addTest(webhook: Command, io: Io, end: End): void {
  const test = webhook
    .command('test')
    .summary('send a marked event, and tell what came of it')
    .description('Sends one event that is marked as a drill, and tells status and latency. Ends with 1 when it failed.')
    .argument('<name>', NAME)
    .option('--timeout <duration>', 'give the receiver no longer, 1s to 30s (default: 30s)', asTimeout);
  inWatch(test).action(async (name: string, options: Options) => {
    const command = await import('./test.ts');
    end(await command.testWebhook(name, storeOptions(options), io));
  });
}

function addSwitches(webhook: Command, io: Io, end: End): void {
  const enable = webhook
    .command('enable')
    .summary('send again, first what waited')
    .description('Sends again, first what waited.')
    .argument('<name>', NAME);
  const disable = webhook
    .command('disable')
    .summary('send nothing; what would be waits')
    .description('Sends nothing to it until it is enabled; what would be waits.')
    .argument('<name>', NAME);
  for (const [command, state] of [
    [enable, 'on'],
    [disable, 'off'],
  ] as const) {
    inWatch(command).action(async (name: string, options: Options) => {
      const { switchWebhook } = await import('./switch.ts');
      end(await switchWebhook(name, state, storeOptions(options), { io }));
    });
  }
  const remove = webhook
    .command('remove')
    .summary('remove it with all that is kept of it')
    .description('Removes it with what waits for it, its log and its dead letters.')
    .argument('<name>', NAME);
  inWatch(remove).action(async (name: string, options: Options) => {
    const { removeWebhook } = await import('./switch.ts');
    end(await removeWebhook(name, storeOptions(options), io));
  });
}

function addRotate(webhook: Command, io: Io, end: End): void {
  const rotate = webhook
    .command('rotate')
    .summary('sign with a new secret beside the old one')
    .description(
      'Signs with a new secret beside the old one, until the receiver has it and --finish drops the old one.',
    )
    .argument('<name>', NAME)
    .option('--finish', 'the receiver has the new one: drop the old one')
    .option('--secret-file <file>', 'the new secret is in this file; made if it is not there')
    .option('--secret-env <name>', 'the new secret is in this variable');
  inWatch(rotate).action(async (name: string, options: Options) => {
    const command = await import('./rotate.ts');
    end(await command.rotateWebhook(name, options, storeOptions(options), { io }));
  });
}

function addDeliveries(webhook: Command, io: Io, end: End): void {
  const deliveries = webhook
    .command('deliveries')
    .summary('tell what was sent, and what waits')
    .description('Tells the last 1,000 attempts: when, which event, status, latency, next try; then what waits.')
    .argument('<name>', NAME)
    .option('--failed', 'only attempts that failed');
  inWatch(withFormat(deliveries)).action(async (name: string, options: Options) => {
    const command = await import('./deliveries.ts');
    end(await command.tellDeliveries(name, storeOptions(options), io));
  });
}

function addRedeliver(webhook: Command, io: Io, end: End): void {
  const redeliver = webhook
    .command('redeliver')
    .summary('send events again')
    .description('Sends events again, under their old ids: one, all that were given up, or all since one.')
    .argument('<name>', NAME)
    .argument('[id]', 'id of an event')
    .option('--dead', 'all dead letters')
    .option('--since <id>', 'what its filter lets pass of all after this event');
  inWatch(redeliver).action(async (name: string, id: string | undefined, options: Options) => {
    const command = await import('./redeliver.ts');
    const again = id === undefined ? options : { ...options, id };
    end(await command.redeliver(name, again, storeOptions(options), { io }));
  });
}

function addDeadLetters(webhook: Command, io: Io, end: End): void {
  const letters = webhook
    .command('dead-letters')
    .summary('tell what was given up')
    .description('Tells the events that could not be delivered in 75 hours, or that the receiver can never take.')
    .argument('<name>', NAME);
  inWatch(withFormat(letters)).action(async (name: string, options: Options) => {
    const command = await import('./deliveries.ts');
    end(await command.tellDeadLetters(name, storeOptions(options), io));
  });
}

function addDrill(program: Command, io: Io, end: End): void {
  const drill = program
    .command('drill')
    .summary('send a marked fake outage through the whole chain')
    .description(
      'Has whoever leads tell an outage that never was, marked in every event, and its end after a while, and follows both through store, pub/sub and webhooks. Ends with 0 when all of it arrived, else with 1.',
    );
  drill
    .option(
      '--hold <duration>',
      'between the outage and its end, 0 to 10m: longer than receivers group alerts (default: 60s)',
      asHold,
    )
    .option('--timeout <duration>', 'wait no longer for any stage (default: 60s)', asDuration);
  addChoice(drill);
  addStore(drill, HOME_STORE);
  drill.action(async (options: Options) => {
    const command = await import('../drill/drill.ts');
    end(await command.drill(storeOptions(options), io));
  });
}

function withFormat(command: Command): Command {
  return command.addOption(
    new Option('-f, --format <format>', 'text or json').choices(['text', 'json']).default('text'),
  );
}

function inWatch(command: Command): Command {
  addChoice(command);
  return addStore(command, HOME_STORE);
}

/** Commander keeps options by name as `unknown`; each was read by its own parser above. */
function storeOptions(options: Options): WebhookOptions {
  return { ...(options as unknown as WebhookOptions), settings: {} };
}

function asSmallCount(text: string): number {
  if (!/^\d{1,2}$/.test(text)) throw new InvalidArgumentError('It must be a whole number, 1 to 16.');
  return Number(text);
}

function collectPort(text: string, before: readonly number[] = []): readonly number[] {
  return [...before, asPort(text)];
}

/** Longer than 30 s no attempt takes: `DEADLINE_MS`. A number alone is seconds. */
function asTimeout(text: string): number {
  const ms = parseDuration(/^\d+$/.test(text) ? `${text}s` : text);
  if (ms === undefined || ms < 1_000 || ms > 30_000)
    throw new InvalidArgumentError('It must be 1 to 30 seconds: 5 or 5s.');
  return ms;
}

/** Longer than 10 min no drill is held: `MOST_HOLD_MS`. */
function asHold(text: string): number {
  const ms = text === '0' ? 0 : parseDuration(text);
  if (ms === undefined || ms > 600_000) throw new InvalidArgumentError('It must be 0 to 10 minutes: 0, 45s, 2m.');
  return ms;
}
