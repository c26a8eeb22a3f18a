import type { Asn } from '../bgp/asn.ts';
import type { Collector, Peer } from '../bgp/peer.ts';
import { contains, overlaps, type Family, type Prefix } from '../bgp/prefix.ts';
import type { EventTime } from '../bgp/time.ts';
import { DirtyRoutes } from './dirty-set.ts';
import { VoteCount } from './vote-count.ts';
import { smallestFullTable } from './full-table.ts';
import { BaselineMatrix } from './baseline-matrix.ts';
import { GAINED, LOST, type HeardSight } from './heard.ts';
import { LongestMatch } from './longest-match.ts';
import { MAX_DETAILED_UNITS } from './marks.ts';
import { RouteClassifier } from './route-classifier.ts';
import type { FormerVoter, TerritoryViewSnapshot, Touched } from './territory-view-snapshot.ts';
import type { Sample } from './sample.ts';
import { blocksOf, concerns, unitsOf, type Territory } from '../territory/territory.ts';
import { changeOf, VisibilityLog } from './visibility-changes.ts';
import { Tally } from './tally.ts';
import { maxRoutes, maxRoutesOfAll, AdjRibIn } from './adj-rib-in.ts';
import { routeKey, type HeldRoute, type ReceivedRoute } from './route-table.ts';

const UNHEARD = { heard: 0, heardOf: new Map<number, HeardSight>() } as const;

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
  readonly #touched = new Set<number>();
  readonly #voteCount: VoteCount;
  /** What messages did to the sight of all of it since `takeTouched`, and of each unit where these are followed. */
  #heardOfAll: HeardSight = 0;
  #heard = new Map<number, HeardSight>();
  /** ASes that lost their vote, in order of time. */
  readonly #former = new Map<Asn, FormerVoter>();
  /** Voting sessions per collector. */
  readonly #collectors = new Map<Collector, number>();
  readonly #classifier: RouteClassifier;
  readonly #longestMatch: LongestMatch;
  readonly #blocks: readonly Prefix[];
  readonly #maxRoutes: number;
  readonly #maxRoutesOfAll: number;
  /** Routes of all sessions, with withdrawn ones that are still stored. */
  #routes = 0;

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
    this.#maxRoutes = maxRoutes(this.units.length);
    this.#maxRoutesOfAll = maxRoutesOfAll(this.units.length);
    this.#classifier = new RouteClassifier(territory, this.units, this.detailed, this.#maxRoutes);
    this.#longestMatch = new LongestMatch(this.units, coveredAt, (rib, unit, sees) => this.#turned(rib, unit, sees));
    this.#voteCount = new VoteCount(this.units.length);
    this.matrix = new BaselineMatrix(this.#voteCount, (units) => {
      for (const unit of units) {
        this.#voteCount.reckon(unit);
        this.#touched.add(unit);
      }
    });
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

  /** Units of the baseline; 0 while there is none. */
  get baselineSize(): number {
    return this.#voteCount.baselineUnits;
  }

  /** Visible units, of the baseline or not. */
  get visibleSize(): number {
    return this.#voteCount.ofVisible.units;
  }

  /** Units of the baseline that are visible. */
  get leftSize(): number {
    return this.#voteCount.leftUnits;
  }

  /**
   * Of the voters that usually see a unit, how many there are and how many see it now; of all, where none usually does.
   */
  sightOf(unit: number): { readonly seeing: number; readonly of: number } {
    const of = this.#voteCount.usual[unit] ?? 0;
    if (of > 0) return { seeing: this.#voteCount.standing[unit] ?? 0, of };
    return { seeing: this.#voteCount.seen[unit] ?? 0, of: this.voters };
  }

  /**
   * Voters that have to do with it: they usually see some of it, or have a route inside it now, of whatever origin.
   * Before there is a baseline, all of them.
   */
  get concerned(): number {
    if (!this.hasBaseline) return this.voters;
    let count = this.#voteCount.witnesses;
    for (const asn of this.tally.asns()) if (!this.#voteCount.isWitness(asn)) count++;
    return count;
  }

  get hasBaseline(): boolean {
    return this.baselineSize > 0;
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
    if (before === undefined && (rib.routes.size >= this.#maxRoutes || this.#routes >= this.#maxRoutesOfAll))
      return false;

    const held = this.#classifier.classify(route, before);
    const sawBefore = rib.seen;
    rib.routes.set(key, held);
    this.#replace(rib, before, held);
    if (before === undefined) this.#routes++;
    this.dirty.add(rib, key);
    if (rib.seen !== sawBefore && this.#isHeard(rib)) this.visibilityLog.add(changeOf(rib, held, rib.seen < sawBefore));
    return true;
  }

  /**
   * Forgets a route.
   *
   * @param lackedAt when a dump ended that lacks it: that is a word of the peer. Without one nobody withdrew it, and it
   * is no evidence.
   */
  drop(rib: AdjRibIn, held: HeldRoute, lackedAt?: EventTime): void {
    const sawBefore = rib.seen;
    const key = routeKey(held.prefix, held.pathId);
    if (rib.routes.delete(key)) this.#routes--;
    this.#replace(rib, held, undefined);
    this.dirty.add(rib, key);
    if (lackedAt === undefined || rib.seen === sawBefore || !this.#isHeard(rib)) return;
    this.visibilityLog.add(changeOf(rib, { ...held, at: lackedAt, dumped: true }, rib.seen < sawBefore));
  }

  /** @param isMissed whether a vote taken away is held against us: not when the peer turned out not to be full-feed. */
  setVote(rib: AdjRibIn, votes: boolean, at: EventTime, isMissed: boolean): void {
    if (rib.votes === votes) return;
    const { asn, collector } = rib.peer;
    const former = this.#former.get(asn);
    const isFirst = votes && this.#voteCount.enter(asn);
    const lacking = votes ? [] : this.#voteCount.lacking(asn);
    if (votes) this.#former.delete(asn);
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
    if (!votes && this.#voteCount.leave(asn)) this.#former.set(asn, { asn, at, isMissed, lacking });
    if (isFirst) this.#noteTable(rib, at, former);
    this.#reckonVisible(at);
  }

  /** The earliest time at which an AS that lost its vote is no longer held against us. */
  get formerSince(): EventTime | undefined {
    return this.#former.values().next().value?.at;
  }

  /** An AS that is gone this long is no witness either when it comes back. */
  forgetFormer(before: EventTime): void {
    for (const { asn, at } of this.#former.values()) {
      if (at > before) continue;
      this.#former.delete(asn);
      this.matrix.forget(asn);
    }
  }

  sample(at: EventTime): Sample {
    const { voters, ofVisible, ofShown, baselineUnits, leftUnits, share, blank } = this.#voteCount;
    const { hasBaseline } = this;
    // Before there is a baseline: over the units that most voters see, else over those that anybody sees. Who sees nothing
    // of what most see may have no usual sight of it.
    const of = ofVisible.units > 0 ? ofVisible : ofShown;
    const asked = ofVisible.units > 0 ? voters - blank : voters;
    const witnesses = hasBaseline ? this.#voteCount.witnesses : voters;
    const seeing = hasBaseline ? this.#voteCount.seeing : voters - blank;
    return {
      at,
      share: hasBaseline ? share : asked === 0 || of.units === 0 ? 0 : of.seen / (asked * of.units),
      of: this.usualTable > 0 ? 'full-feed' : 'peers-with-a-route',
      voters,
      witnesses,
      collectors: this.#collectors.size,
      known: witnesses + this.#formerWitnesses(),
      seeing,
      seeingNothing: witnesses - seeing,
      isProven: hasBaseline || ofVisible.units > 0 || this.usualTable >= smallestFullTable(this.family, at),
      unitsVisible: hasBaseline ? leftUnits : ofVisible.units,
      units: hasBaseline ? baselineUnits : this.units.length,
    };
  }

  #formerWitnesses(): number {
    const { hasBaseline } = this;
    let count = 0;
    for (const { asn, isMissed } of this.#former.values())
      if (isMissed && (!hasBaseline || this.#voteCount.isWitness(asn))) count++;
    return count;
  }

  /** Whether `takeTouched` has anything to give. */
  get isTouched(): boolean {
    return this.#touched.size > 0 || this.tally.isTouched;
  }

  takeTouched(): Touched {
    const units = [...this.#touched].sort((a, b) => a - b);
    this.#touched.clear();
    return { units, marks: this.tally.takeTouched(), ...this.#takeHeard() };
  }

  #takeHeard(): Pick<Touched, 'heard' | 'heardOf'> {
    if (this.#heardOfAll === 0) return UNHEARD;
    const taken = { heard: this.#heardOfAll, heardOf: this.#heard };
    this.#heardOfAll = 0;
    if (this.#heard.size > 0) this.#heard = new Map();
    return taken;
  }

  #hear(unit: number, heard: HeardSight): void {
    this.#heardOfAll = (this.#heardOfAll | heard) as HeardSight;
    if (this.detailed) this.#heard.set(unit, ((this.#heard.get(unit) ?? 0) | heard) as HeardSight);
  }

  /** All of it that does not follow from routes and votes. */
  snapshot(): TerritoryViewSnapshot {
    return {
      ...this.matrix.snapshot(),
      former: [...this.#former.values()],
      touched: [...this.#touched].sort((a, b) => a - b),
    };
  }

  /** Puts back a route: all of them first, then the votes, then the rest. */
  restoreRoute(peer: Peer, route: ReceivedRoute): void {
    const rib = this.ribOf(peer);
    const held = this.#classifier.classify(route, undefined);
    rib.routes.set(routeKey(route.prefix, route.pathId), held);
    this.#replace(rib, undefined, held);
    this.#routes++;
  }

  restore({ former, touched, ...matrix }: TerritoryViewSnapshot): void {
    this.matrix.restore(matrix);
    for (const unit of this.units.keys()) this.#voteCount.reckon(unit);
    for (const one of former) this.#former.set(one.asn, one);
    this.#touched.clear();
    this.#heard.clear();
    this.#heardOfAll = 0;
    for (const unit of touched) this.#touched.add(unit);
    this.tally.takeTouched();
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
  #isHeard({ votes, peer }: AdjRibIn): boolean {
    return votes || this.#former.get(peer.asn)?.isMissed === true;
  }

  /**
   * Who may vote from now on has told its table: what it lacks of what it usually sees is evidence, unless that was told
   * while it had no vote. What is in its table as it was when it lost its vote is no news.
   *
   * @param former as it lost its last vote; `undefined` when it had none of late.
   */
  #noteTable(rib: AdjRibIn, at: EventTime, former: FormerVoter | undefined): void {
    const lacking = this.#voteCount.lacking(rib.peer.asn);
    const before = new Set(former?.lacking);
    for (const unit of lacking) if (!before.has(unit)) this.#hear(unit, LOST);
    // Before there is a baseline, all that a new voter sees is news.
    const came = this.hasBaseline || former !== undefined ? before : this.units.keys();
    for (const unit of came) if (this.#voteCount.sees(rib.peer.asn, unit) === true) this.#hear(unit, GAINED);
    if (lacking.length === 0) return;
    const told = former?.isMissed === true ? this.visibilityLog.lossesOf(rib.peer.asn, former.at) : [];
    for (const unit of this.detailed ? lacking : lacking.slice(0, 1)) {
      const prefix = this.units[unit];
      if (prefix === undefined || told.some((one) => overlaps(one.prefix, prefix))) continue;
      this.visibilityLog.add({ at, type: 'rib', peer: rib.peer, prefix, lost: true });
    }
  }

  #turned(rib: AdjRibIn, unit: number, sees: boolean): void {
    if (!rib.votes) return;
    const before = this.#voteCount.seen[unit];
    if (sees) this.#see(rib.peer.asn, unit);
    else this.#voteCount.unsee(rib.peer.asn, unit);
    if (this.#voteCount.seen[unit] !== before) this.#hear(unit, sees ? GAINED : LOST);
    this.#voteCount.reckon(unit);
  }

  #see(asn: Asn, unit: number): void {
    if (this.#voteCount.see(asn, unit)) this.matrix.noteMore(asn);
  }

  #reckonVisible(at: EventTime): void {
    this.matrix.noteRoster(at);
    for (const unit of this.units.keys()) {
      this.#voteCount.reckon(unit);
      this.#touched.add(unit);
    }
  }
}
