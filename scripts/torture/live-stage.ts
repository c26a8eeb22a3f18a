import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { clock as day, UNITS } from '../../test/support/day.ts';
import { LiveFeed } from '../../test/support/feed.ts';
import { RipestatServer } from '../../test/support/ripestat-server.ts';
import { LiveWorld, pathOf, type LivePeer } from '../../test/support/world.ts';
import { announce, keepalive, withdraw, type MessageFields } from '../../test/streams/ris-live/peer-server.ts';
import { start, type Command, type Env, type Started } from './command.ts';

/** Peers that RIS has in this world: four at each of six collectors. */
const PEERS = 24;
const BEAT_MS = 500;

/** Short holds, so that a test need not wait. Storage and leadership are as in production. */
const JUDGED = ['--unroutable-hold', '1s', '--degraded-hold', '2s', '--settle', '1s'];

const SHIFT = 'shift.mjs';

/**
 * A world, a RIS Live and a RIPEstat that serve it over loopback, in real time, for real processes of `watch`. Their
 * date is 22 December 2014, the day of everything in this world.
 */
export class LiveStage {
  readonly world: LiveWorld;
  readonly ripestat: RipestatServer;
  readonly #command: Command;
  readonly #feed: LiveFeed;
  readonly #ripestatUrl: string;
  readonly #keepalives: NodeJS.Timeout;
  #count = 0;

  private constructor(command: Command, feed: LiveFeed, world: LiveWorld, ripestat: [RipestatServer, string]) {
    this.#command = command;
    this.#feed = feed;
    this.world = world;
    [this.ripestat, this.#ripestatUrl] = ripestat;
    let beats = 0;
    this.#keepalives = setInterval(() => {
      beats++;
      // Each sends every two seconds, so that time advances for all collectors.
      this.#sendFrom(
        this.world.peers.filter((_, i) => (i + beats) % 4 === 0),
        keepalive,
      );
    }, BEAT_MS);
  }

  static async open(command: Command): Promise<LiveStage> {
    const offset = day('12:00') - Date.now();
    await writeFile(join(command.folder, SHIFT), shifting(offset));
    const world = new LiveWorld(PEERS, () => Date.now() + offset);
    const ripestat = new RipestatServer(world);
    const url = await ripestat.listen();
    return new LiveStage(command, await LiveFeed.listen(), world, [ripestat, url]);
  }

  /** The common clock of this world, milliseconds since 1970. */
  get now(): number {
    return this.world.nowMs;
  }

  /** The environment of a process in this world. */
  get env(): Env {
    return { NODE_OPTIONS: `--import ./${SHIFT}` };
  }

  watch(store: string, ...more: readonly string[]): Started {
    const feed = ['--url', this.#feed.url, '--ripestat', this.#ripestatUrl];
    const args = ['watch', ...feed, '--store', store, ...JUDGED, '--quiet', '--format', 'ndjson', ...more];
    return start(this.#command, args, this.env);
  }

  /** The country leaves all tables. */
  withdraw(): void {
    for (const peer of this.world.peers) this.world.set(peer, UNITS, undefined);
    this.#sendFrom(this.world.peers, (fields) => withdraw(fields, UNITS));
  }

  /** … and returns. */
  announce(): void {
    for (const peer of this.world.peers) this.world.set(peer, UNITS, pathOf(peer));
    this.#sendFrom(this.world.peers, (fields, peer) => announce(fields, UNITS, pathOf(peer)));
  }

  async close(): Promise<void> {
    clearInterval(this.#keepalives);
    await Promise.all([this.#feed.close(), this.ripestat.close()]);
  }

  /** Does not wait for receivers, because one may be stopped. */
  #sendFrom(peers: readonly LivePeer[], what: (fields: MessageFields, peer: LivePeer) => object): void {
    // All at the same moment: otherwise a lost country would first be degraded for some milliseconds.
    const at = this.now;
    const frames = peers.map((peer) => {
      const { host, ip, asn } = peer;
      const id = `${ip}-${at.toString(16).padStart(12, '0')}${(this.#count++ % 65_536).toString(16).padStart(4, '0')}`;
      return what({ at, host, peer: ip, asn, id }, peer);
    });
    void this.#feed.send(frames);
  }
}

/** Sets the wall clock of a Node.js process only. */
function shifting(offsetMs: number): string {
  return `const Real = Date;
globalThis.Date = class Date extends Real {
  constructor(...given) {
    if (given.length === 0) super(Real.now() + ${offsetMs});
    else super(...given);
  }
  static now() {
    return Real.now() + ${offsetMs};
  }
};
`;
}
