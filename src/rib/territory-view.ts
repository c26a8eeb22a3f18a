import type { Asn } from '../bgp/asn.ts';
import type { Collector, Peer } from '../bgp/peer.ts';
import { contains, type Family, type Prefix } from '../bgp/prefix.ts';
import type { EventTime } from '../bgp/time.ts';
import { DirtyRoutes } from './dirty-set.ts';
import { VoteCount } from './vote-count.ts';
import { smallestFullTable } from './full-table.ts';
import { BaselineMatrix } from './baseline-matrix.ts';
import { foreignPairs } from './foreign-pairs.ts';
import { FormerVoters } from './former-voters.ts';
import { GAINED, LOST } from './message-effect.ts';
import { LongestMatch } from './longest-match.ts';
import { MAX_DETAILED_UNITS } from './marks.ts';
import { RouteClassifier } from './route-classifier.ts';
import type { FormerVoter, TerritoryViewSnapshot, Touched } from './territory-view-snapshot.ts';
import { sampleOf, type Sample } from './sample.ts';
import { blocksOf, concerns, unitsOf, type Territory } from '../territory/territory.ts';
import { changeOf, VisibilityLog } from './visibility-changes.ts';
import { Tally } from './tally.ts';
import { TouchedUnits } from './touched-units.ts';
import { AdjRibIn } from './adj-rib-in.ts';
import { RouteLimit } from './route-limit.ts';
import { routeKey, type HeldRoute, type ReceivedRoute } from './route-table.ts';

/**
 * One territory in one address family: who sees which unit now. Counters only, no verdicts. IPv4 and IPv6 are two
 * views and are never added together.
 */
export class TerritoryView {
  readonly territory: Territory;
  readonly family: Family;
  /** `KP/ipv4`. */
  readonly key: string;
  /** Its blocks in address order, as text: the same for views that can hold each other's routes. */
  readonly blocksText: string;
  readonly units: readonly Prefix[];
  /** Whether upstreams, origins, prefixes and single units are followed. */
  readonly detailed: boolean;
  readonly tally = new Tally();
  /** The latest visibility changes. */
  readonly visibilityLog: VisibilityLog;
  readonly dirty = new DirtyRoutes();
  readonly ribs = new Map<Peer['id'], AdjRibIn>();
  /** Routes in a usual full table of this family, as the dumps have it; 0 while no dump was read. */
  usualTable = 0;
  readonly matrix: BaselineMatrix;
  /** Units whose `seen` or `visible` may have changed since `takeTouched`. */
  readonly #touched: TouchedUnits;
  readonly #voteCount: VoteCount;
  readonly #former = new FormerVoters();
  /** Voting sessions per collector. */
  readonly #collectors = new Map<Collector, number>();
  readonly #classifier: RouteClassifier;
  readonly #longestMatch: LongestMatch;
  readonly #blocks: readonly Prefix[];
  readonly #limit: RouteLimit;

  /** @param coveredAt share of a unit's addresses from which on a voter sees it. */
  constructor(territory: Territory, family: Family, coveredAt: number) {
    this.territory = territory;
    this.family = family;
    this.key = `${territory.id}/${family}`;
    this.#blocks = blocksOf(territory, family);
    this.blocksText = this.#blocks.map((block) => block.text).join(' ');
    this.units = unitsOf(territory, family);
    this.visibilityLog = new VisibilityLog(this.units.length);
    this.detailed = this.units.length <= MAX_DETAILED_UNITS;
    this.#touched = new TouchedUnits(this.detailed);
    this.#limit = new RouteLimit(this.units.length);
    this.#classifier = new RouteClassifier(territory, this.units, this.detailed, this.#limit.ofSession);
    this.#longestMatch = new LongestMatch(this.units, coveredAt, (rib, unit, sees) => this.#turned(rib, unit, sees));
    this.#voteCount = new VoteCount(this.units.length);
    this.matrix = new BaselineMatrix(this.#voteCount, (units) => this.#reckon(units));
  }

  get voters(): number {
    return this.#voteCount.voters;
  }

  /** Voter ASes that see each unit. */
  get seen(): Readonly<Uint32Array> {
    return this.#voteCount.seen;
  }

  /** 1 for units seen by more than half of the voters that usually see them; of all voters, where none does. */
  get visible(): Readonly<Uint8Array> {
    return this.#voteCount.visible;
  }

  /** 1 for the units that some AS saw in the last stable state. */
  get baseline(): Readonly<Uint8Array> {
    return this.#voteCount.baseline;
  }

  /** Units of the baseline that are visible. */
  get leftSize(): number {
    return this.#voteCount.leftUnits;
  }

  /** See `VoteCount.sightOf`. */
  sightOf(unit: number): { readonly seeing: number; readonly of: number } {
    return this.#voteCount.sightOf(unit);
  }

  /** Voters that usually see some of it, or have a route inside it now, of any origin. Without a baseline: all voters. */
  get concerned(): number {
    return this.hasBaseline ? this.#voteCount.witnessesAnd(this.tally.asns()) : this.voters;
  }

  get hasBaseline(): boolean {
    return this.#voteCount.baselineUnits > 0;
  }

  concerns(prefix: Prefix): boolean {
    return prefix.family === this.family && concerns(this.territory, prefix);
  }

  /** Whether the prefix lies inside one of the blocks. */
  holds(prefix: Prefix): boolean {
    return this.#blocks.some((block) => contains(block, prefix));
  }

  ribOf(peer: Peer): AdjRibIn {
    let rib = this.ribs.get(peer.id);
    if (rib === undefined) this.ribs.set(peer.id, (rib = new AdjRibIn(peer, this.units.length)));
    return rib;
  }

  /** `false`: the Adj-RIB-In is full and the route was not stored. */
  put(rib: AdjRibIn, route: ReceivedRoute): boolean {
    const key = routeKey(route.prefix, route.pathId);
    const before = rib.routes.get(key);
    if (before === undefined && !this.#limit.hasRoom(rib)) return false;

    const held = this.#classifier.classify(route, before);
    const sawBefore = rib.seen;
    this.#store(rib, key, { before, held });
    this.dirty.add(rib, key);
    if (rib.seen !== sawBefore && this.#isOrWasVoter(rib))
      this.visibilityLog.add(changeOf(rib, held, rib.seen < sawBefore));
    return true;
  }

  /**
   * Removes a route. @param lackedAt when a dump without it ended. Without one the removal is not evidence from the
   * peer, because it did not withdraw the route.
   */
  drop(rib: AdjRibIn, held: HeldRoute, lackedAt?: EventTime): void {
    const sawBefore = rib.seen;
    const key = routeKey(held.prefix, held.pathId);
    if (rib.routes.delete(key)) this.#limit.stored--;
    this.#replace(rib, held, undefined);
    this.dirty.add(rib, key);
    if (lackedAt === undefined || rib.seen === sawBefore || !this.#isOrWasVoter(rib)) return;
    this.visibilityLog.add(changeOf(rib, { ...held, at: lackedAt, dumped: true }, rib.seen < sawBefore));
  }

  /** @param isMissed whether a vote taken away is held against us: not when the peer turned out not to be full-feed. */
  setVote(rib: AdjRibIn, votes: boolean, at: EventTime, isMissed: boolean): void {
    if (rib.votes === votes) return;
    const { asn, collector } = rib.peer;
    const former = this.#former.get(asn);
    const isFirst = votes && this.#voteCount.enter(asn);
    const lacking = votes ? [] : this.#voteCount.lacking(asn);
    if (votes) this.#former.remove(asn);
    for (let unit = 0; unit < rib.sees.length; unit++) {
      if (rib.sees[unit] !== 1) continue;
      if (votes) this.#see(asn, unit);
      else this.#voteCount.unsee(asn, unit);
    }
    for (const { marks } of rib.routes.values())
      for (const mark of marks) this.tally[votes ? 'add' : 'remove'](mark, asn);
    const sessions = (this.#collectors.get(collector) ?? 0) + (votes ? 1 : -1);
    if (sessions > 0) this.#collectors.set(collector, sessions);
    else this.#collectors.delete(collector);
    rib.votes = votes;
    if (!votes && this.#voteCount.leave(asn)) this.#former.add({ asn, at, isMissed, lacking });
    if (isFirst) this.#noteTable(rib, at, former);
    this.matrix.noteVotersChange(at);
    this.#reckon(this.units.keys());
  }

  /** The earliest time at which an AS that lost its vote no longer counts as missing. */
  get formerSince(): EventTime | undefined {
    return this.#former.since;
  }

  /** An AS that lost its vote at `before` or earlier is not a witness either when it comes back. */
  forgetFormer(before: EventTime): void {
    for (const asn of this.#former.forget(before)) this.matrix.forget(asn);
  }

  sample(at: EventTime): Sample {
    const formerWitnesses = this.#former.missed((asn) => !this.hasBaseline || this.#voteCount.isWitness(asn));
    return sampleOf(this.#voteCount, {
      at,
      isFullFeed: this.usualTable > 0,
      hasProvingTable: this.usualTable >= smallestFullTable(this.family, at),
      collectors: this.#collectors.size,
      formerWitnesses,
      foreignPairs: this.hasBaseline ? 0 : [...foreignPairs(this).values()].flat().length,
    });
  }

  /** Whether `takeTouched` has anything to give. */
  get isTouched(): boolean {
    return this.#touched.size > 0 || this.tally.isTouched;
  }

  takeTouched(): Touched {
    return { marks: this.tally.takeTouched(), ...this.#touched.take() };
  }

  /** All of it that does not follow from routes and votes. */
  snapshot(): TerritoryViewSnapshot {
    return {
      ...this.matrix.snapshot(),
      former: this.#former.all(),
      touched: this.#touched.units(),
    };
  }

  /** Puts back a route: all of them first, then the votes, then the rest. */
  restoreRoute(peer: Peer, route: ReceivedRoute): void {
    const rib = this.ribOf(peer);
    const held = this.#classifier.classify(route, undefined);
    this.#store(rib, routeKey(route.prefix, route.pathId), { before: undefined, held });
  }

  restore({ former, touched, ...matrix }: TerritoryViewSnapshot): void {
    this.matrix.restore(matrix);
    for (const unit of this.units.keys()) this.#voteCount.reckon(unit);
    for (const one of former) this.#former.add(one);
    this.#touched.restore(touched);
    this.tally.takeTouched();
  }

  #store(rib: AdjRibIn, key: string, { before, held }: { before: HeldRoute | undefined; held: HeldRoute }): void {
    rib.routes.set(key, held);
    this.#replace(rib, before, held);
    if (before === undefined) this.#limit.stored++;
  }

  /** The new route before the old one goes: a re-announcement never looks like a loss, however short. */
  #replace(rib: AdjRibIn, before: HeldRoute | undefined, held: HeldRoute | undefined): void {
    if (before?.path === undefined && held?.path === undefined) return;
    const { asn } = rib.peer;
    if (rib.votes && before?.marks !== held?.marks) {
      if (held !== undefined) for (const mark of held.marks) this.tally.add(mark, asn);
      if (before !== undefined) for (const mark of before.marks) this.tally.remove(mark, asn);
    }
    for (const unit of (held ?? before)?.units ?? []) this.#touched.add(unit);
    this.#longestMatch.replace(rib, before, held);
  }

  /** Whether the session belongs to a voter: now, or before it missed something. */
  #isOrWasVoter({ votes, peer }: AdjRibIn): boolean {
    return votes || this.#former.get(peer.asn)?.isMissed === true;
  }

  /**
   * The peer's table is known from now on. Units that it usually sees and does not see now are evidence, unless a message
   * said so while it had no vote. What is as it was when it lost its vote is not news.
   *
   * @param former its AS when it lost its last vote; `undefined` when it had none lately.
   */
  #noteTable(rib: AdjRibIn, at: EventTime, former: FormerVoter | undefined): void {
    const lacking = this.#voteCount.lacking(rib.peer.asn);
    const before = new Set(former?.lacking);
    for (const unit of lacking) if (!before.has(unit)) this.#touched.noteEffect(unit, LOST);
    // Before there is a baseline, all that a new voter sees is news.
    const came = this.hasBaseline || former !== undefined ? before : this.units.keys();
    for (const unit of came)
      if (this.#voteCount.sees(rib.peer.asn, unit) === true) this.#touched.noteEffect(unit, GAINED);
    if (lacking.length === 0) return;
    const lost = (this.detailed ? lacking : lacking.slice(0, 1)).flatMap((unit) => this.units[unit] ?? []);
    const knownSince = former?.isMissed === true ? former.at : undefined;
    this.visibilityLog.addLosses(lost, { at, peer: rib.peer, knownSince });
  }

  #turned(rib: AdjRibIn, unit: number, sees: boolean): void {
    if (!rib.votes) return;
    const before = this.#voteCount.seen[unit];
    if (sees) this.#see(rib.peer.asn, unit);
    else this.#voteCount.unsee(rib.peer.asn, unit);
    if (this.#voteCount.seen[unit] !== before) this.#touched.noteEffect(unit, sees ? GAINED : LOST);
    this.#voteCount.reckon(unit);
  }

  #see(asn: Asn, unit: number): void {
    if (this.#voteCount.see(asn, unit)) this.matrix.noteMore(asn);
  }

  #reckon(units: Iterable<number>): void {
    for (const unit of units) {
      this.#voteCount.reckon(unit);
      this.#touched.add(unit);
    }
  }
}
