import type { Element } from '../../src/bgp/element.ts';
import type { Collector, PeerId } from '../../src/bgp/peer.ts';
import type { Family, Prefix } from '../../src/bgp/prefix.ts';
import type { EventTime } from '../../src/bgp/time.ts';
import type { Territory } from '../../src/territory/territory.ts';
import { decodeBgpState, type BgpState } from './bgp-state.ts';
import { census, dumpOf, inOrder, namesOf, prefixesOf, type Census, type Showing } from './census.ts';
import { all, type RipestatClient } from './client.ts';
import { controlsOf } from './controls.ts';
import { done, type Outcome } from './fault.ts';
import { answersOther, questionOf, RESOURCES_AT_ONCE, unique } from './resources.ts';
import { isFullFeed, readPeerList, type PeerList } from './peer-list.ts';
import { inBatches } from '../../src/lib/batches.ts';

/** What to request for the first table. */
export interface SeedOptions {
  readonly client: RipestatClient;
  readonly territories: readonly Territory[];
  /** Only the peers of these collectors; all of RIS when absent. */
  readonly collectors?: readonly Collector[] | undefined;
  readonly signal: AbortSignal;
}

/** The first table, from RIPEstat. */
export interface RipestatSeed {
  /** `rib` and `end-of-rib`, in order of time. */
  readonly elements: readonly Element[];
  /**
   * The moment that the seed describes: RIPEstat's latest data, some minutes old. Later messages must come from another
   * source.
   */
  readonly at: EventTime;
  /** Prefixes of the territories that any peer has. */
  readonly prefixes: readonly Prefix[];
}

/**
 * Requests the routes to the territories, and returns them like a RIB dump of every full-feed peer: peers without a
 * route are voters that see nothing. A failure is a failure of RIPEstat and says nothing about a territory.
 */
export async function seedFromRipestat(options: SeedOptions): Promise<Outcome<RipestatSeed>> {
  const { client, territories, collectors, signal } = options;
  const question = questionOf(territories);
  if (!question.ok) return question;
  const { resources, families } = question.value;

  const [peerList, states] = await Promise.all([
    readPeerList(client, collectors, signal),
    statesOf(options, resources, controlsOf(families)),
  ]);
  if (!peerList.ok) return peerList;
  if (!states.ok) return states;

  const counted = countAll(options, states.value, { peerList: peerList.value, families });
  // It is not known which of the two answers is wrong, so the peer list is asked for again as well.
  if (!counted.ok || counted.value.doubtsPeerList) client.forget();
  if (!counted.ok) return counted;
  const warnings = [question, peerList, states, counted].flatMap((outcome) => outcome.warnings);
  return done(seedOf(counted.value, states.value), [...warnings, ...namesOf(counted.value.leftOut)]);
}

/** Each request has its own controls, so that an empty answer, or a peer that is missing in one answer, is detected. */
function countAll(
  { territories }: SeedOptions,
  states: readonly BgpState[],
  { peerList, families }: { readonly peerList: PeerList; readonly families: readonly Family[] },
): Outcome<Census> {
  const count = (routes: BgpState['routes']): Outcome<Census> =>
    census('bgp-state', routes, peerList, { territories, families });
  const parts: Census[] = [];
  for (const { routes } of states) {
    const part = count(routes);
    if (!part.ok) return part;
    parts.push(part.value);
  }
  const whole = count(states.flatMap(({ routes }) => routes));
  if (!whole.ok) return whole;

  const leftOut = [...whole.value.leftOut];
  const showings = new Map<PeerId, Showing>();
  for (const [id, showing] of whole.value.showings) {
    const speaks = [...showing.speaks].filter((family) =>
      parts.every((part) => part.showings.get(id)?.speaks.has(family) === true),
    );
    if (speaks.length > 0) showings.set(id, { ...showing, speaks: new Set(speaks) });
    else if (isFullFeed(showing.member, families))
      leftOut.push({ peer: showing.member.peer, why: 'it is in one answer and not in another' });
  }
  return done({ ...whole.value, showings, leftOut }, whole.warnings);
}

function seedOf(counted: Census, states: readonly BgpState[]): RipestatSeed {
  const at = Math.min(...states.map((state) => state.at)) as EventTime;
  const elements = [...counted.showings.values()].flatMap((showing) => dumpOf({ ...showing, at }));
  return { elements: inOrder(elements), at, prefixes: unique(prefixesOf(counted)) };
}

/** The requests for the list of resources, each with the controls. */
async function statesOf(
  { client, collectors, signal }: SeedOptions,
  resources: readonly string[],
  controls: readonly Prefix[],
): Promise<Outcome<readonly BgpState[]>> {
  const parameters = rrcsOf(collectors);
  const answers = inBatches(resources, RESOURCES_AT_ONCE).map(async (chunk): Promise<Outcome<BgpState>> => {
    const resource = [...chunk, ...controls.map(({ text }) => text)].join(',');
    const answer = await client.get('bgp-state', { resource, ...parameters }, { signal });
    if (!answer.ok) return answer;
    const other = answersOther('bgp-state', resource, answer.value);
    if (other !== undefined) return other;
    const state = decodeBgpState(answer.value);
    return state.ok ? done(state.value, answer.warnings) : state;
  });
  return all(answers);
}

/** `rrcs=0,4`: only what is needed. */
export function rrcsOf(collectors: readonly Collector[] | undefined): Readonly<Record<string, string>> {
  const numbers = (collectors ?? []).flatMap((collector) => /^rrc(\d+)$/.exec(collector)?.[1] ?? []);
  return numbers.length === 0 ? {} : { rrcs: numbers.map(Number).join(',') };
}
