import { InvalidArgumentError, Option, type Command } from 'commander';
import type { Io } from '../../app/io.ts';
import { parseDuration } from '../../config/duration.ts';
import { addChoice, asFile, asPort, collect, ending, type Chosen, type End } from '../program-options.ts';
import { addStore, HOME_STORE } from '../store/program.ts';
import type { AddOptions } from './add.ts';
import type { DeliveriesOptions } from './deliveries.ts';
import type { ListOptions } from './list.ts';
import type { RedeliverOptions } from './redeliver.ts';
import type { RotateOptions } from './rotate.ts';
import type { WebhookOptions } from './store.ts';

/** The options of a command that opens a store. */
type Options = Chosen<WebhookOptions>;

/**
 * The values of `--template`. A test compares them with the presets; loading the presets here would make `--help` slow.
 */
export const TEMPLATES = 'cloudevent, slack, mattermost, discord, teams, alertmanager, ntfy, text, telegram, pagerduty';

const NAME = 'of the webhook, as `webhook list` has it';

/** The commands for webhooks. */
export function addWebhookCommands(program: Command, io: Io, end: End): void {
  const webhook = program
    .command('webhook')
    .summary('manage webhooks: add, list, test, rotate, deliveries …')
    .description('Manages webhooks. The leader sends the events; it applies changes within two seconds.')
    .helpCommand('help [command]', 'print the help of a command');
  addAdd(webhook, io, end);
  addList(webhook, io, end);
  addTest(webhook, io, end);
  addSwitches(webhook, io, end);
  addRotate(webhook, io, end);
  addDeliveries(webhook, io, end);
  addRedeliver(webhook, io, end);
  addDeadLetters(webhook, io, end);
}

function addAdd(webhook: Command, io: Io, end: End): void {
  const add = webhook
    .command('add')
    .summary('add a webhook, or change it')
    .description('Adds a webhook. It gets the events that are decided from now on, signed with a generated secret.')
    .argument('<name>', 'small letters, digits and -')
    .argument('<url>', 'URL to post to: https://…; file:PATH or env:NAME if the URL is a secret')
    .option('--replace', 'change the webhook with this name; its queue stays')
    .optionsGroup('What to send:')
    .option('--type <type>', 'only these types: country.unroutable, country.*; may be repeated', collect)
    .option('-t, --territory <id>', 'only events of this territory; may be repeated', collect)
    .option('--min-severity <severity>', 'only from this severity on: info, notice, warning, critical')
    .option('--template <template>', `in this form (default: cloudevent): ${TEMPLATES}`)
    .option('--chat <id>', 'for telegram: the chat')
    .option('--routing-key <where>', "for pagerduty: file:PATH or env:NAME of the integration's key")
    .optionsGroup('How to send it:')
    .option('--header <header>', "'Name: value', the value may be file:PATH or env:NAME; may be repeated", collect)
    .option('--method <method>', 'POST, PUT or PATCH (default: POST)')
    .option('--secret-file <file>', 'sign with the secret in this file; generated if the file does not exist', asFile)
    .option('--secret-env <name>', 'sign with the secret in this variable')
    .option('--concurrency <n>', 'requests at once, 1 to 16 (default: 1, in order)', asSmallCount)
    .optionsGroup('Where it may go:')
    .option('--http', 'allow plain http')
    .option('--port <port>', 'allow only this port (default: 443 and 8443); may be repeated', collectPort)
    .option('--allow <network>', 'allow this private network: 192.168.0.0/16; may be repeated', collect)
    .option('--ca <file>', 'trust the certificates in this PEM file instead of the usual ones')
    .optionsGroup('Which watch:')
    .option('--territories <file>', 'YAML file of territories, see docs/territories.md');
  addStore(add, HOME_STORE);
  add.action(
    ending(end, async (name: string, url: string, options: Options & Omit<AddOptions, 'url'>) => {
      const { territory, ...rest } = options;
      const more = territory === undefined ? {} : { onlyTerritory: territory };
      return (await import('./add.ts')).addWebhook(name, { ...rest, ...more, url }, rest, { io });
    }),
  );
}

function addList(webhook: Command, io: Io, end: End): void {
  const list = webhook
    .command('list')
    .summary('list webhooks')
    .description('Lists webhooks: state, queue, last delivery.');
  inWatch(withFormat(list)).action(
    ending(end, async (options: Chosen<ListOptions>) => (await import('./list.ts')).listWebhooks(options, io)),
  );
}

function addTest(webhook: Command, io: Io, end: End): void {
  const test = webhook
    .command('test')
    .summary('send a marked event, and show the result')
    .description('Sends one event that is marked as a drill, and shows status and latency. Ends with 1 if it failed.')
    .argument('<name>', NAME)
    .option('--timeout <duration>', 'wait for the receiver so long, 1s to 30s (default: 30s)', asTimeout);
  inWatch(test).action(
    ending(end, async (name: string, options: Options) => (await import('./test.ts')).testWebhook(name, options, io)),
  );
}

function addSwitches(webhook: Command, io: Io, end: End): void {
  const enable = webhook
    .command('enable')
    .summary('enable a webhook')
    .description('Enables a webhook. The events in its queue are sent first.')
    .argument('<name>', NAME);
  const disable = webhook
    .command('disable')
    .summary('pause a webhook; events queue')
    .description('Pauses a webhook. Events queue until it is enabled again.')
    .argument('<name>', NAME);
  for (const [command, state] of [
    [enable, 'on'],
    [disable, 'off'],
  ] as const) {
    inWatch(command).action(
      ending(end, async (name: string, options: Options) =>
        (await import('./switch.ts')).switchWebhook(name, state, options, { io }),
      ),
    );
  }
  const remove = webhook
    .command('remove')
    .summary('remove a webhook')
    .description('Removes a webhook with its queue, its log and its dead letters.')
    .argument('<name>', NAME);
  inWatch(remove).action(
    ending(end, async (name: string, options: Options) =>
      (await import('./switch.ts')).removeWebhook(name, options, io),
    ),
  );
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
    .option('--secret-file <file>', 'the new secret is in this file; generated if the file does not exist', asFile)
    .option('--secret-env <name>', 'the new secret is in this variable');
  inWatch(rotate).action(
    ending(end, async (name: string, options: Options & RotateOptions) =>
      (await import('./rotate.ts')).rotateWebhook(name, options, options, { io }),
    ),
  );
}

function addDeliveries(webhook: Command, io: Io, end: End): void {
  const deliveries = webhook
    .command('deliveries')
    .summary('show delivery attempts, and the queue')
    .description('Shows the last 1,000 attempts: time, event, status, latency, next attempt; then the queue.')
    .argument('<name>', NAME)
    .option('--failed', 'only attempts that failed');
  inWatch(withFormat(deliveries)).action(
    ending(end, async (name: string, options: Chosen<DeliveriesOptions>) =>
      (await import('./deliveries.ts')).printDeliveries(name, options, io),
    ),
  );
}

function addRedeliver(webhook: Command, io: Io, end: End): void {
  const redeliver = webhook
    .command('redeliver')
    .summary('send events again')
    .description('Sends events again with their old ids: one event, all dead letters, or all events after one.')
    .argument('<name>', NAME)
    .argument('[id]', 'id of an event')
    .option('--dead', 'all dead letters')
    .option('--since <id>', 'all events after this one that pass its filter');
  inWatch(redeliver).action(
    ending(end, async (name: string, id: string | undefined, options: Options & Omit<RedeliverOptions, 'id'>) => {
      const again = id === undefined ? options : { ...options, id };
      return (await import('./redeliver.ts')).redeliver(name, again, options, { io });
    }),
  );
}

function addDeadLetters(webhook: Command, io: Io, end: End): void {
  const letters = webhook
    .command('dead-letters')
    .summary('show dead letters')
    .description('Shows the events that could not be delivered in 75 hours, or that the receiver can never accept.')
    .argument('<name>', NAME);
  inWatch(withFormat(letters)).action(
    ending(end, async (name: string, options: Chosen<ListOptions>) =>
      (await import('./deliveries.ts')).printDeadLetters(name, options, io),
    ),
  );
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

function asSmallCount(text: string): number {
  if (!/^\d{1,2}$/.test(text)) throw new InvalidArgumentError('It must be a whole number, 1 to 16.');
  return Number(text);
}

function collectPort(text: string, before: readonly number[] = []): readonly number[] {
  return [...before, asPort(text)];
}

/** At most 30 s, the deadline of an attempt: `DEADLINE_MS`. A number without a unit is seconds. */
function asTimeout(text: string): number {
  const ms = parseDuration(/^\d+$/.test(text) ? `${text}s` : text);
  if (ms === undefined || ms < 1_000 || ms > 30_000)
    throw new InvalidArgumentError('It must be 1 to 30 seconds: 5 or 5s.');
  return ms;
}
