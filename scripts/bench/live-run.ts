import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FromFeeder, FromReceiver, Received, Phase, Sample, Sent, ToFeeder, ToReceiver } from './live-protocol.ts';

export interface Outcome {
  readonly begunMs: number;
  readonly sent: Sent;
  readonly received: Received;
  /** Milliseconds from when all subscriptions were acknowledged. */
  readonly samples: readonly Sample[];
}

export interface RunOptions {
  readonly phases: readonly Phase[];
  readonly reorderMs: number;
  /** Options of Node for the client: `--cpu-prof`. */
  readonly execArgv: readonly string[];
  /** Called at each sample; if it returns true, the sender ends early. */
  readonly isEnough?: (samples: readonly Sample[], begunMs: number) => boolean;
  /** The client serves HTTP as well, as `watch --http` does. @default false */
  readonly isServing?: boolean;
  /** Called with the client's address before the feed is played. */
  readonly onServing?: (url: string) => Promise<void>;
  /** Called when all was sent, before the client ends. */
  readonly onEnded?: () => Promise<void>;
}

/** Deadline for receiving the sent messages. Milliseconds. */
const GRACE_MS = 60_000;
/** Ticks and what is held leave within this time after what the client holds messages. */
const SETTLE_MS = 1500;

/** One run with a sender and a client, and their reports. */
export async function runLive(options: RunOptions): Promise<Outcome> {
  const { phases, reorderMs, execArgv, isEnough, isServing = false } = options;
  const feeder = start('live-feeder', []);
  const receiver = start('live-receiver', execArgv);
  const samples: Sample[] = [];
  try {
    const { port } = await messageOf(feeder, 'listening');
    const serving = isServing ? messageOf(receiver, 'serving') : undefined;
    const subscribed = messageOf(receiver, 'subscribed');
    order(receiver, { type: 'watch', url: `ws://127.0.0.1:${port}/v1/ws/`, reorderMs, isServing });
    await subscribed;
    if (serving !== undefined) await options.onServing?.((await serving).url);

    const begun = messageOf(feeder, 'begun');
    const ended = messageOf(feeder, 'ended');
    let begunMs = Infinity;
    receiver.on('message', (message: FromReceiver) => {
      if (message.type !== 'sample') return;
      samples.push(message);
      if (isEnough?.(samples, begunMs) === true) order(feeder, { type: 'stop' });
    });
    await messageOf(receiver, 'sample');
    order(feeder, { type: 'play', phases });
    begunMs = (await begun).atMs;
    order(receiver, { type: 'measure', ...steady(phases, begunMs, reorderMs) });
    const { sent } = await ended;
    const lateMs = Date.now() + GRACE_MS;
    while ((samples.at(-1)?.messages ?? 0) < sent.messages && Date.now() < lateMs) await messageOf(receiver, 'sample');
    await sleep(reorderMs + SETTLE_MS);
    await options.onEnded?.();
    order(receiver, { type: 'report' });
    const { received } = await messageOf(receiver, 'report');
    return { begunMs, sent, received, samples };
  } finally {
    await end(receiver);
    feeder.kill();
  }
}

/**
 * Stamps whose lag counts: not those of the first second, while the client's code is compiled, nor of the last, which are
 * held when the feed ends and then wait for the client's beat, as in any silence.
 */
function steady(
  phases: readonly Phase[],
  begunMs: number,
  reorderMs: number,
): { readonly fromMs: number; readonly untilMs: number } {
  const lastedMs = phases.reduce((sum, { seconds }) => sum + seconds * 1000, 0);
  return { fromMs: begunMs + 1000, untilMs: begunMs + lastedMs - reorderMs - 1000 };
}

/** End both processes with the benchmark. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill();
});

function start(name: string, execArgv: readonly string[]): ChildProcess {
  const child = fork(new URL(name + extname(import.meta.url), import.meta.url), { execArgv: [...execArgv] });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

/** A profile is written at the end of a process that ends by itself. */
async function end(receiver: ChildProcess): Promise<void> {
  if (receiver.exitCode !== null || !receiver.connected) return;
  const exited = once(receiver, 'exit');
  order(receiver, { type: 'stop' });
  await exited;
}

function order(child: ChildProcess, message: ToFeeder | ToReceiver): void {
  if (child.connected) child.send(message);
}

type Said = FromFeeder | FromReceiver;

/** The next message of this type. Rejects when the process ends first. */
function messageOf<T extends Said['type']>(child: ChildProcess, type: T): Promise<Extract<Said, { type: T }>> {
  return new Promise((resolve, reject) => {
    const listen = (message: Said): void => {
      if (message.type !== type) return;
      child.off('message', listen).off('exit', leave);
      resolve(message as Extract<Said, { type: T }>);
    };
    const leave = (status: number | null): void => reject(new Error(`a process ended with ${status}`));
    child.on('message', listen).once('exit', leave);
  });
}
