import type { RequestListener } from 'node:http';
import { send, type Attempt, type SendMeans } from '../../../src/sinks/webhook/request/send.ts';
import type { Outgoing } from '../../../src/sinks/webhook/request/outgoing.ts';
import type { Resolver, TargetRules } from '../../../src/sinks/webhook/request/target.ts';
import { HandClock } from '../../support/clock.ts';
import { httpReceiver, loopbackRules, outgoing, type Receiver } from './receivers.ts';

export const NEVER = new AbortController().signal;

/** Starts an attempt at a receiver on a clock that does not run. */
export function start(
  { port }: Pick<Receiver, 'port'>,
  more: Partial<Outgoing> = {},
  path = '/',
  signal = NEVER,
  ports: readonly number[] = [port],
): { readonly attempt: Promise<Attempt>; readonly clock: HandClock } {
  const clock = new HandClock();
  const resolve = async (): Promise<readonly string[]> => ['127.0.0.1'];
  const means: SendMeans = { clock, resolve, rules: loopbackRules(...ports), ca: undefined };
  return { attempt: send(outgoing(`http://127.0.0.1:${port}${path}`, more), means, signal), clock };
}

/** What an attempt comes to at a receiver that answers so. */
export async function answered(answer: RequestListener): Promise<Attempt> {
  return start(await httpReceiver(answer)).attempt;
}

export function reasonOf(attempt: Attempt): string {
  return attempt.ok ? 'ok' : attempt.reason;
}

/** What an attempt at this URL comes to, on a clock that does not run. */
export async function sentTo(url: string, rules: TargetRules, resolve: Resolver = nowhere): Promise<Attempt> {
  return send(outgoing(url), { clock: new HandClock(), resolve, rules, ca: undefined }, NEVER);
}

/** Knows of no name. */
const nowhere: Resolver = async () => [];
