import type { Element } from '../../../src/bgp/element.ts';
import type { LiveReport } from '../../../streams/ris-live/report.ts';
import { risLive, type LiveSource, type RisLiveOptions } from '../../../streams/ris-live/source.ts';
import { HandClock, settled, until } from '../../support/clock.ts';
import { clock as day, KP } from '../../support/day.ts';
import { PeerServer } from './peer-server.ts';

/** A live source that is being read, on a clock turned by hand. */
export class Watching {
  readonly clock: HandClock;
  readonly elements: Element[] = [];
  readonly reports: LiveReport[] = [];
  readonly source: LiveSource;
  readonly #stop = new AbortController();
  readonly #reading: Promise<void>;

  constructor(url: string, options: Partial<RisLiveOptions> = {}) {
    this.clock = new HandClock(day('12:00'));
    this.source = risLive({
      url,
      client: 'unroutable-test',
      blocks: KP.blocks,
      clock: this.clock,
      random: () => 0,
      controls: [],
      report: (report) => this.reports.push(report),
      ...options,
    });
    this.#reading = this.#read();
  }

  /** The time at the collectors, for messages sent now. */
  get now(): number {
    return day('12:00') + this.clock.monotonicMs();
  }

  async subscribed(times = 1): Promise<void> {
    await this.turnUntil(() => this.count('subscribed') >= times, 'the subscription');
  }

  /** Turns the clock in small steps until it is so. */
  async turnUntil(isSo: () => boolean, what: string, limitMs = 600_000): Promise<void> {
    for (let turned = 0; turned < limitMs && !isSo(); turned += 100) await this.clock.turn(100);
    if (!isSo()) throw new Error(`waited in vain for ${what}`);
  }

  /** Waits for what was sent to arrive, then lets so much time pass. */
  async pass(ms: number): Promise<void> {
    await settled(20);
    await this.clock.turn(ms);
  }

  /** Waits until the source has read so many messages, readable ones only. */
  async messages(count: number): Promise<void> {
    await until(() => this.source.stats().messages >= count, `message ${count}`);
    await settled();
  }

  count(type: LiveReport['type']): number {
    return this.reports.filter((report) => report.type === type).length;
  }

  of<T extends Element['type']>(type: T): (Element & { type: T })[] {
    return this.elements.filter((element): element is Element & { type: T } => element.type === type);
  }

  /** All but ticks, in short: `12:00:05 announcement 198.51.100.1 175.45.176.0/24`. */
  get lines(): string[] {
    return this.elements.filter(({ type }) => type !== 'tick').map(shortOf);
  }

  /** Resolves when the source has no more. */
  get ended(): Promise<void> {
    return this.#reading;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#reading;
  }

  async #read(): Promise<void> {
    for await (const element of this.source.elements(this.#stop.signal)) this.elements.push(element);
  }
}

export function shortOf(element: Element): string {
  const time = new Date(element.at).toISOString().slice(11, 23).replace('.000', '');
  const who = 'peer' in element && element.peer !== undefined ? element.peer.address : '';
  switch (element.type) {
    case 'gap':
      return `${time} gap ${who === '' ? element.collector : who} ${element.reason}`;
    case 'peer-state':
      return `${time} ${element.state} ${who}`;
    case 'probe':
      return 'probe';
    case 'tick':
      return `${time} tick ${who === '' ? element.collector : who}`;
    case 'end-of-rib':
      return `${time} end-of-rib ${who}`;
    case 'rib':
    case 'announcement':
    case 'withdrawal':
      return `${time} ${element.type} ${who} ${element.prefix.text}`;
  }
}

/** A server and a source that has subscribed to it. Both are closed by what is put into `open`. */
export async function watchedServer(
  open: (() => Promise<unknown>)[],
  options: { autoPong?: boolean } = {},
): Promise<{ readonly server: PeerServer; readonly watching: Watching }> {
  const server = await PeerServer.listen(options);
  const watching = new Watching(server.url);
  open.push(
    () => server.close(),
    () => watching.stop(),
  );
  await server.connections(1);
  await watching.subscribed();
  return { server, watching };
}
