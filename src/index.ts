/**
 * The library's front door: the engine, the loop that runs it, the ports around it, and the types that flow between them.
 * docs/library.md shows how they fit together. Sources, stores and reports are entry points of their own:
 * `unroutable/mrt`, `unroutable/ris-live`, `unroutable/store/redis`, `unroutable/store/embedded`, `unroutable/report`.
 */
export {
  createEngine,
  restoreEngine,
  type Commit,
  type Engine,
  type EngineOptions,
  type KeptState,
  type OpenGap,
  type Restored,
  type TerritoryStatus,
  type WatchedTerritory,
} from './engine.ts';
export { run, type Keeping, type RunEnd } from './pipeline.ts';
export {
  UnknownEvent,
  type Batch,
  type Clock,
  type Committed,
  type ElementSource,
  type Kept,
  type Lease,
  type Leases,
  type StateStore,
} from './ports.ts';
export type * from './bgp/element.ts';
export type * from './detect/events/event.ts';
export type { Space, StateChange, StateRecord } from './spaces.ts';
export { parseAsn, type Asn } from './bgp/asn.ts';
export type { AsPath, PathEntry } from './bgp/as-path.ts';
export { parseCollector, peerOf, type Collector, type Peer, type PeerId } from './bgp/peer.ts';
export { parsePrefix, type Family, type Prefix, type PrefixText } from './bgp/prefix.ts';
export { eventTimeOf, isoTime, type EventTime } from './bgp/time.ts';
export { DEFAULT_POLICY, policyFaults, type Policy } from './policy/policy.ts';
export { DEFAULT_VOTING, votingFaults, type VotingPolicy } from './policy/voting-policy.ts';
export { NORTH_KOREA } from './territory/built-in.ts';
export type { Territory } from './territory/territory.ts';
export { memoryStore } from './store/memory.ts';
export { systemClock } from './app/system-clock.ts';
