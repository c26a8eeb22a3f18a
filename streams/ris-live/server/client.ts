import { DEFAULT_SOCKET_OPTIONS, parseCommand, type ErrorData, type SocketOptions } from './commands.ts';
import type { FrameFaults } from './frame-faults.ts';
import { matches, type Filter, type ReadFilter } from './filter.ts';
import { frameText, type RisMessage } from './message.ts';
import type { Outlet } from './outlet.ts';

/** Subscriptions of one connection. RIPE documents no limit; this is ours. */
const MAX_SUBSCRIPTIONS = 20_000;

/** A client that lags by this many times the allowed bytes is dropped at once, to limit memory. */
const HARD_LIMIT = 4;

/** What a client needs from its server. */
export interface ClientContext {
  readonly hosts: readonly string[];
  readonly faults: FrameFaults;
  /** Called after each `ris_subscribe`. */
  readonly subscribed: () => void;
}

/** A message on its way to several clients: its text is made once. */
export class Said {
  readonly message: RisMessage;
  #plain: string | undefined;
  #withRaw: string | undefined;

  constructor(message: RisMessage) {
    this.message = message;
  }

  text(includeRaw: boolean): string {
    if (includeRaw) return (this.#withRaw ??= frameText(this.message, true));
    return (this.#plain ??= frameText(this.message, false));
  }
}

/** One connection: its subscriptions, and the messages sent to it. */
export class Client {
  readonly outlet: Outlet;
  readonly #context: ClientContext;
  readonly #subscriptions = new Map<string, Filter>();
  #options: SocketOptions = DEFAULT_SOCKET_OPTIONS;
  /** Since when the client has lagged too far. Monotonic milliseconds. */
  #behindSince: number | undefined;
  sent = 0;

  constructor(outlet: Outlet, context: ClientContext) {
    this.outlet = outlet;
    this.#context = context;
  }

  /** Whether it is listening: it has subscriptions, and data that is sent to it arrives. */
  get isSubscribed(): boolean {
    return this.#subscriptions.size > 0 && this.outlet.isWell;
  }

  /** Reads and answers one frame of the client. */
  receive(text: string): void {
    const command = parseCommand(text);
    switch (command.type) {
      case 'ping':
        return this.#say('pong', null);
      case 'request_rrc_list':
        return this.#say('ris_rrc_list', this.#context.hosts);
      case 'refused':
        return this.#say('ris_error', command.error);
      case 'ris_unsubscribe':
        for (const key of command.subscription.filters.keys()) this.#subscriptions.delete(key);
        return;
      case 'ris_subscribe':
        return this.subscribe(command.subscription, command.options);
    }
  }

  subscribe(subscription: ReadFilter, options: SocketOptions | undefined): void {
    this.#options = options ?? this.#options;
    if (this.#subscriptions.size + subscription.filters.size > MAX_SUBSCRIPTIONS) {
      const message = `Too many subscriptions, at most ${MAX_SUBSCRIPTIONS}`;
      return this.#say('ris_error', { message, command_type: 'ris_subscribe' });
    }
    for (const [key, filter] of subscription.filters) this.#subscriptions.set(key, filter);
    if (this.#options.acknowledge) this.#acknowledge(subscription);
    this.#context.subscribed();
  }

  /** Sends a message once if any subscription wants it. */
  offer(said: Said): boolean {
    if (!this.#wants(said.message)) return false;
    const { includeRaw } = this.#options;
    const { faults } = this.#context;
    if (faults.isClear) {
      this.outlet.send(said.text(includeRaw));
      this.sent++;
      return true;
    }
    for (const message of faults.instead(this, said.message)) {
      this.outlet.send(frameText(message, includeRaw));
      this.sent++;
    }
    return true;
  }

  /** Whether it has been further behind than `bytes` for `ms`, at this monotonic time; four times as far is too far at once. */
  isTooSlow(now: number, { bytes, ms }: { readonly bytes: number; readonly ms: number }): boolean {
    const behind = this.outlet.bufferedBytes;
    if (behind <= bytes) {
      this.#behindSince = undefined;
      return false;
    }
    this.#behindSince ??= now;
    return now - this.#behindSince >= ms || behind > HARD_LIMIT * bytes;
  }

  /** The slow-consumer rule: a final error, and the end. */
  dismiss(limit: { readonly bytes: number; readonly ms: number }): void {
    const over = `${limit.bytes} bytes over ${Math.round(limit.ms / 1000)} seconds`;
    const message = `Closing connection after being behind by more than ${over}`;
    this.#say('ris_error', { message, bufferSize: this.outlet.bufferedBytes });
    this.outlet.close(1008, 'too slow');
  }

  #wants(message: RisMessage): boolean {
    for (const filter of this.#subscriptions.values()) if (matches(filter, message)) return true;
    return false;
  }

  #acknowledge({ shown }: ReadFilter): void {
    switch (this.#context.faults.acks) {
      case 'right':
        return this.#say('ris_subscribe_ok', { subscription: shown, socketOptions: this.#options });
      case 'other':
        return this.#say('ris_subscribe_ok', {
          subscription: { ...shown, prefix: '192.0.2.0/24', host: 'rrc99' },
          socketOptions: this.#options,
        });
      case 'none':
    }
  }

  #say(type: string, data: ErrorData | object | null): void {
    this.outlet.send(JSON.stringify(data === null ? { type } : { type, data }));
  }
}
