import type { Collector, Peer, PeerId } from '../bgp/peer.ts';
import type { DirtySet } from '../rib/dirty-set.ts';
import { MAX_SESSIONS, newSession, type Session } from './session.ts';
import type { KnownVoter, VoterSnapshot } from './peer-snapshot.ts';

/** All known sessions. None is removed: there are as many as the collectors have peers. */
export class Sessions {
  /** Peers whose record must be written again. */
  readonly dirty: DirtySet<PeerId>;
  readonly #byId = new Map<PeerId, Session>();
  /** Sessions that came up and have not sent their whole table yet, numbered in that order. */
  readonly #syncing = new Map<Session, number>();
  #nextSync = 0;

  constructor(dirty: DirtySet<PeerId>) {
    this.dirty = dirty;
  }

  of(peer: Peer): Session {
    let session = this.#byId.get(peer.id);
    if (session === undefined) {
      this.#byId.set(peer.id, (session = newSession(peer, this.#byId.size)));
      this.dirty.add(peer.id);
    }
    return session;
  }

  find(id: PeerId): Session | undefined {
    return this.#byId.get(id);
  }

  all(): readonly Session[] {
    return [...this.#byId.values()];
  }

  ofCollector(collector: Collector): readonly Session[] {
    return this.all().filter((session) => session.peer.collector === collector);
  }

  /** A feed that invents peers cannot fill the memory: a peer beyond the limit is ignored and has no vote. */
  isTooMany(peer: Peer): boolean {
    return this.#byId.size >= MAX_SESSIONS && !this.#byId.has(peer.id);
  }

  /** In the order in which they came up. */
  get syncing(): Iterable<Session> {
    return this.#syncing.keys();
  }

  get nextSync(): number {
    return this.#nextSync;
  }

  startSync(session: Session): void {
    if (!this.#syncing.has(session)) this.#syncing.set(session, this.#nextSync++);
    this.dirty.add(session.peer.id);
  }

  endSync(session: Session): void {
    this.#syncing.delete(session);
    this.dirty.add(session.peer.id);
  }

  snapshot(session: Session): NonNullable<VoterSnapshot['session']> {
    const { number, peerState, table, stateAt } = session;
    return { number, peerState, table, stateAt, syncing: this.#syncing.get(session) };
  }

  /** The sessions in the order in which they first appeared. */
  restore(voters: readonly KnownVoter[], nextSync: number): readonly Session[] {
    const known = voters.flatMap(({ peer, voter: { session } }) =>
      session === undefined ? [] : [{ peer, ...session }],
    );
    for (const { peer, number, peerState, table, stateAt } of known.sort((a, b) => a.number - b.number)) {
      if (number !== this.#byId.size) throw new Error(`there is no voter of number ${this.#byId.size}`);
      this.#byId.set(peer.id, { peer, number, peerState: { ...peerState }, table: { ...table }, stateAt });
    }
    for (const { peer, syncing } of known.sort((a, b) => (a.syncing ?? 0) - (b.syncing ?? 0))) {
      if (syncing !== undefined) this.#syncing.set(this.of(peer), syncing);
    }
    this.#nextSync = nextSync;
    return this.all();
  }
}
