import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect, onTestFinished } from 'vitest';
import type { EventTime } from '../../../../src/bgp/time.ts';
import type { UnroutableEvent } from '../../../../src/detect/events/event.ts';
import type { Clock, StateStore } from '../../../../src/ports.ts';
import { dispatchWebhooks, type DispatchOptions } from '../../../../src/sinks/webhook/dispatch/dispatch.ts';
import type { WebhookReport } from '../../../../src/sinks/webhook/dispatch/report.ts';
import { putEndpoint } from '../../../../src/sinks/webhook/endpoints/endpoint-store.ts';
import type { Endpoint } from '../../../../src/sinks/webhook/endpoints/endpoint.ts';
import type { LogRecord } from '../../../../src/sinks/webhook/endpoints/records.ts';
import { memoryStore } from '../../../../src/store/memory.ts';
import { HandClock, until } from '../../../support/clock.ts';
import { mulberry32 } from '../../../support/sim-random.ts';
import { realSentence } from '../events.ts';
import { httpReceiver } from '../receivers.ts';
import { SECRET, type Received } from './world.ts';

export type Answer = (received: Received, response: ServerResponse, request: IncomingMessage) => void;

/** A receiver that stores what it is sent, and answers 204 unless told otherwise. */
export async function receiving(answer: Answer = (_, response) => void response.writeHead(204).end()) {
  const received: Received[] = [];
  const { port } = await httpReceiver((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const headers = request.headers as Record<string, string>;
      const one = { id: headers['webhook-id'] ?? '', headers, body: Buffer.concat(chunks).toString() };
      received.push(one);
      answer(one, response, request);
    });
  });
  return { port, received, ids: () => received.map(({ id }) => id) };
}

/** A dispatcher on a store and a clock of its own. Stopped when the test ends. */
export class Stage {
  readonly store: StateStore;
  readonly clock: Clock;
  readonly reports: WebhookReport[] = [];
  /** Attempts that have asked for the address of their name. */
  begun = 0;
  environment: Record<string, string> = { SECRET };
  resolve: DispatchOptions['resolve'] = () => Promise.resolve(['127.0.0.1']);
  #number = 0;
  #running: { readonly stop: AbortController; readonly done: Promise<'fenced' | 'stopped'> } | undefined;

  constructor(store: StateStore = memoryStore(), clock: Clock = new HandClock(Date.now())) {
    this.store = store;
    this.clock = clock;
    onTestFinished(async () => {
      await this.stop();
    });
  }

  start(more: Partial<DispatchOptions> = {}): Promise<'fenced' | 'stopped'> {
    const stop = new AbortController();
    const options: DispatchOptions = {
      store: this.store,
      token: () => undefined,
      clock: this.clock,
      random: mulberry32(7),
      resolve: (name) => {
        this.begun++;
        return this.resolve(name);
      },
      environment: this.environment,
      sentence: realSentence,
      report: (report) => void this.reports.push(report),
      ...more,
    };
    const done = dispatchWebhooks(options, stop.signal);
    this.#running = { stop, done };
    return done;
  }

  async stop(): Promise<'fenced' | 'stopped' | undefined> {
    this.#running?.stop.abort();
    const end = await this.#running?.done;
    this.#running = undefined;
    return end;
  }

  async add(endpoint: Endpoint): Promise<void> {
    await putEndpoint(this.store, endpoint, { from: 'command', nowMs: this.clock.wallMs() });
  }

  /** The pipeline decides. */
  async decide(events: readonly UnroutableEvent[]): Promise<void> {
    const stored = await this.store.load();
    this.#number = Math.max(this.#number, stored?.number ?? 0) + 1;
    const cursor = Date.parse('2026-09-10T04:00:00Z') as EventTime;
    const batch = { number: this.#number, cursor, elements: 0, events, changes: [] };
    expect(await this.store.commit(batch)).toEqual({ ok: true });
  }

  /** Attempts whose outcome is stored. */
  attempts(endpoint?: string): LogRecord[] {
    return this.reports.flatMap((report) =>
      report.type === 'attempt' && (endpoint === undefined || report.endpoint === endpoint) ? [report.attempt] : [],
    );
  }

  /** Until this many attempts are stored. */
  async attempted(count: number, endpoint?: string): Promise<LogRecord[]> {
    await until(() => this.attempts(endpoint).length >= count, `${count} attempts`);
    return this.attempts(endpoint);
  }
}
