import type { Asn } from '../bgp/asn.ts';
import type { Collector, Peer } from '../bgp/peer.ts';
import type { Family, Prefix } from '../bgp/prefix.ts';
import type { EventTime } from '../bgp/time.ts';
import { AlteredRoutes } from './dirty-set.ts';
import { Ballots, type Sum } from './vote-count.ts';
import { MAX_DETAILED_UNITS } from './marks.ts';
import { Holder } from './route-classifier.ts';
import type { PlaneSnapshot, Touched } from './territory-view-snapshot.ts';
import type { Sample } from './sample.ts';
import { blocksOf, concerns, unitsOf, type Territory } from '../territory/territory.ts';
import { Sights } from './visibility-changes.ts';
import { Tally } from './tally.ts';
import { maxRoutes, maxRoutesOfAll, routeKey, View, type Held, type Told } from './adj-rib-in.ts';

/**
 * No full table was smaller in the time of the archives: 60,000 IPv4 routes in 1999, 500 IPv6 routes in 2003. If the largest
 * table is, no peer need be full-feed, and what none of them ever had may still be routed.
 */
const SMALLEST_FULL_TABLE: Readonly<Record<Family, number>> = { ipv4: 50_000, ipv6: 300 };

/**
 * One territory in one address family: who sees which unit now. Counters only, no verdicts. IPv4 and IPv6 are two
 * planes and are never added together.
 */
export class Plane {
  readonly territory: Territory;
  readonly family: Family;
  /** `KP/ipv4`. */
  readonly key: string;
  /** Its blocks in address order, as text: the same for planes that can hold each other's routes. */
  readonly blocksText: string;
  readonly units: readonly Prefix[];
  /** Whether upstreams, origins, prefixes and single units are followed. */
  readonly detailed: boolean;
  readonly tally = new Tally();
  /** Latest changes of voters' sight. */
  readonly sights = new Sights();
  readonly altered = new AlteredRoutes();
  readonly views = new Map<Peer['id'], View>();
  /** Routes in the largest table known of this family; 0 while no dump was read. */
  largestTable = 0;
  /** When the set of visible units last changed. */
  visibleChangedAt: EventTime | undefined;
  /** Units whose `seen` or `visible` may have changed since `takeTouched`. */
  readonly #touched = new Set<number>();
  readonly #ballots: Ballots;
  /** ASes that lost their vote, and when; in order of time. */
  readonly #former = new Map<Asn, EventTime>();
  /** Voting sessions per collector. */
  readonly #collectors = new Map<Collector, number>();
  readonly #holder: Holder;
  readonly #maxRoutes: number;
  readonly #maxRoutesOfAll: number;
  /** Routes held of all sessions, withdrawn ones that are remembered among them. */
  #routes = 0;

  constructor(territory: Territory, family: Family) {
    this.territory = territory;
    this.family = family;
    this.key = `${territory.id}/${family}`;
    this.blocksText = blocksOf(territory, family)
      .map((block) => block.text)
      .join(' ');
    this.units = unitsOf(territory, family);
    this.detailed = this.units.length <= MAX_DETAILED_UNITS;
    this.#maxRoutes = maxRoutes(this.units.length);
    this.#maxRoutesOfAll = maxRoutesOfAll(this.units.length);
    this.#holder = new Holder(territory, this.units, this.detailed, this.#maxRoutes);
    this.#ballots = new Ballots(this.units.length);
  }

  get voters(): number {
    return this.#ballots.voters;
  }

  /** Voter ASes that see each unit. */
  get seen(): Readonly<Uint32Array> {
    return this.#ballots.seen;
  }

  /** 1 for units seen by more than half of the voters. */
  get visible(): Readonly<Uint8Array> {
    return this.#ballots.visible;
  }

  /** 1 for the units of the last stable state, against which visibility is measured. */
  get baseline(): Readonly<Uint8Array> {
    return this.#ballots.baseline;
  }

  /** Units of the baseline; 0 while there is none. */
  get baselineSize(): number {
    return this.#ballots.ofBaseline.units;
  }

  /** Visible units, of the baseline or not. */
  get visibleSize(): number {
    return this.#ballots.ofVisible.units;
  }

  /** The units of the baseline that are visible. */
  get left(): Sum {
    return this.#ballots.ofLeft;
  }

  get hasBaseline(): boolean {
    return this.baselineSize > 0;
  }

  concerns(prefix: Prefix): boolean {
    return prefix.family === this.family && concerns(this.territory, prefix);
  }

  viewOf(peer: Peer): View {
    let view = this.views.get(peer.id);
    if (view === undefined) this.views.set(peer.id, (view = new View(peer, this.units.length)));
    return view;
  }

  /** `false`: the view is full and the route was not kept. */
  put(view: View, route: Told): boolean {
    const key = routeKey(route.prefix, route.pathId);
    const before = view.routes.get(key);
    if (before === undefined && (view.routes.size >= this.#maxRoutes || this.#routes >= this.#maxRoutesOfAll))
      return false;

    const held = this.#holder.heldOf(route, before);
    const sawBefore = view.seen;
    // The new route before the old one goes: a re-announcement never looks like a loss, however short.
    if (held.path !== undefined) this.#add(view, held, route.at);
    if (before?.path !== undefined) this.#take(view, before, route.at);
    view.routes.set(key, held);
    if (before === undefined) this.#routes++;
    this.altered.add(view, key);
    if (view.votes && view.seen !== sawBefore) this.#remember(view, held, view.seen < sawBefore);
    return true;
  }

  /** Forgets a route without a word of the peer: nobody withdrew it, so it is no evidence. */
  drop(view: View, held: Held, at: EventTime): void {
    if (held.path !== undefined) this.#take(view, held, at);
    const key = routeKey(held.prefix, held.pathId);
    if (view.routes.delete(key)) this.#routes--;
    this.altered.add(view, key);
  }

  /** @param isMissed whether a vote taken away is held against us: not when the peer turned out not to be full-feed. */
  setVote(view: View, votes: boolean, at: EventTime, isMissed: boolean): void {
    if (view.votes === votes) return;
    const shown = [...view.routes.values()].filter((held) => held.path !== undefined);
    if (votes) {
      view.votes = true;
      this.#collectors.set(view.peer.collector, (this.#collectors.get(view.peer.collector) ?? 0) + 1);
      this.#ballots.enter(view.peer.asn);
      this.#former.delete(view.peer.asn);
      for (let unit = 0; unit < view.cover.length; unit++)
        if ((view.cover[unit] ?? 0) > 0) this.#ballots.see(view.peer.asn, unit);
      for (const held of shown) for (const mark of held.marks) this.tally.add(mark, view.peer.asn);
    } else {
      for (const held of shown) for (const mark of held.marks) this.tally.remove(mark, view.peer.asn);
      for (let unit = 0; unit < view.cover.length; unit++)
        if ((view.cover[unit] ?? 0) > 0) this.#ballots.unsee(view.peer.asn, unit);
      view.votes = false;
      const left = (this.#collectors.get(view.peer.collector) ?? 0) - 1;
      if (left > 0) this.#collectors.set(view.peer.collector, left);
      else this.#collectors.delete(view.peer.collector);
      if (this.#ballots.leave(view.peer.asn) && isMissed) this.#former.set(view.peer.asn, at);
    }
    this.#reckonVisible(at);
  }

  /** The earliest time at which an AS that lost its vote is no longer held against us. */
  get formerSince(): EventTime | undefined {
    return this.#former.values().next().value;
  }

  forgetFormer(before: EventTime): void {
    for (const [asn, at] of this.#former) if (at <= before) this.#former.delete(asn);
  }

  setBaseline(units: readonly number[]): void {
    this.#ballots.setBaseline(units);
    this.#touchAll();
  }

  sample(at: EventTime): Sample {
    const { voters, ofBaseline, ofVisible, ofShown, ofLeft, seeingNothing } = this.#ballots;
    const { hasBaseline } = this;
    // Before there is a baseline: over the units that most voters see, else over those that anybody sees.
    const of = hasBaseline ? ofBaseline : ofVisible.units > 0 ? ofVisible : ofShown;
    return {
      at,
      share: voters === 0 || of.units === 0 ? 0 : of.seen / (voters * of.units),
      voters,
      collectors: this.#collectors.size,
      known: voters + this.#former.size,
      seeingNothing,
      isProven: hasBaseline || ofVisible.units > 0 || this.largestTable >= SMALLEST_FULL_TABLE[this.family],
      unitsVisible: hasBaseline ? ofLeft.units : ofVisible.units,
      units: hasBaseline ? ofBaseline.units : this.units.length,
    };
  }

  visibleUnits(): number[] {
    return [...this.visible.keys()].filter((unit) => this.visible[unit] === 1);
  }

  takeTouched(): Touched {
    const units = [...this.#touched].sort((a, b) => a - b);
    this.#touched.clear();
    return { units, marks: this.tally.takeTouched() };
  }

  /** All of it that does not follow from routes and votes. */
  snapshot(): PlaneSnapshot {
    return {
      baseline: [...this.units.keys()].filter((unit) => this.baseline[unit] === 1),
      former: [...this.#former],
      visibleChangedAt: this.visibleChangedAt,
      touched: [...this.#touched].sort((a, b) => a - b),
    };
  }

  /** Puts back a route: all of them first, then the votes, then the rest. */
  restoreRoute(peer: Peer, route: Told): void {
    const view = this.viewOf(peer);
    const held = this.#holder.heldOf(route, undefined);
    if (held.path !== undefined) this.#add(view, held, route.at);
    view.routes.set(routeKey(route.prefix, route.pathId), held);
    this.#routes++;
  }

  restore({ baseline, former, visibleChangedAt, touched }: PlaneSnapshot): void {
    this.#ballots.setBaseline(baseline);
    for (const [asn, at] of former) this.#former.set(asn, at);
    this.visibleChangedAt = visibleChangedAt;
    this.#touched.clear();
    for (const unit of touched) this.#touched.add(unit);
    this.tally.takeTouched();
  }

  #add(view: View, held: Held, at: EventTime): void {
    if (view.votes) for (const mark of held.marks) this.tally.add(mark, view.peer.asn);
    for (const unit of held.units) {
      this.#touched.add(unit);
      if (!held.counts) continue;
      const cover = (view.cover[unit] ?? 0) + 1;
      view.cover[unit] = cover;
      if (cover > 1) continue;
      view.seen++;
      if (!view.votes) continue;
      this.#ballots.see(view.peer.asn, unit);
      this.#reckonUnit(unit, at);
    }
  }

  #take(view: View, held: Held, at: EventTime): void {
    if (view.votes) for (const mark of held.marks) this.tally.remove(mark, view.peer.asn);
    for (const unit of held.units) {
      this.#touched.add(unit);
      if (!held.counts) continue;
      const cover = (view.cover[unit] ?? 0) - 1;
      view.cover[unit] = cover;
      if (cover > 0) continue;
      view.seen--;
      if (!view.votes) continue;
      this.#ballots.unsee(view.peer.asn, unit);
      this.#reckonUnit(unit, at);
    }
  }

  #reckonUnit(unit: number, at: EventTime): void {
    if (this.#ballots.reckon(unit)) this.visibleChangedAt = at;
  }

  #reckonVisible(at: EventTime): void {
    for (const unit of this.units.keys()) this.#reckonUnit(unit, at);
    this.#touchAll();
  }

  #touchAll(): void {
    for (const unit of this.units.keys()) this.#touched.add(unit);
  }

  #remember({ peer }: View, { path, dumped, at, prefix }: Held, lost: boolean): void {
    const type = path === undefined ? 'withdrawal' : dumped ? 'rib' : 'announcement';
    this.sights.add({ at, type, peer, prefix, lost });
  }
}
