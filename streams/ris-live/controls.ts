import type { Element } from '../../src/bgp/element.ts';
import type { Prefix, PrefixText } from '../../src/bgp/prefix.ts';
import { watching } from '../../src/territory/territory.ts';
import type { ControlPrefix } from './control-prefixes.ts';
import type { FeedMessage } from './decode.ts';
import { isPowerOfTen } from '../oddities.ts';
import type { Report } from './report.ts';
import { BEACON_SILENCE_MS } from '../../src/policy/fixed.ts';

/** Watches control prefixes, which are announced only for measurement, and removes them from the elements. */
export class Controls {
  readonly #isWatched: (prefix: Prefix) => boolean;
  readonly #roles: ReadonlyMap<PrefixText, ControlPrefix['role']>;
  readonly #report: Report;
  readonly #hasBeacon: boolean;
  #beaconMs = 0;
  /** Number of announcements of a prefix that is never announced: reported for the 1st, 10th, 100th time and so on. */
  #neverAnnounced = 0;

  constructor(controls: readonly ControlPrefix[], blocks: readonly Prefix[], report: Report) {
    this.#isWatched = watching(blocks);
    this.#roles = new Map(controls.map(({ prefix, role }) => [prefix.text, role]));
    this.#hasBeacon = controls.some(({ role }) => role === 'fast-beacon');
    this.#report = report;
  }

  /** The message without routes that only concern control prefixes. */
  take(message: FeedMessage, monotonicMs: number): FeedMessage {
    if (message.elements.length === 0 || this.#roles.size === 0) return message;
    const others = message.elements.filter((element) => !this.#isControl(element, message, monotonicMs));
    return others.length === message.elements.length ? message : { ...message, elements: others };
  }

  /** Call after a new subscription: silence counts from now on. */
  expect(monotonicMs: number): void {
    this.#beaconMs = Math.max(this.#beaconMs, monotonicMs);
  }

  /** Milliseconds since the last message of the beacon, or since the subscription. */
  silentMs(monotonicMs: number): number {
    return monotonicMs - this.#beaconMs;
  }

  isBeaconSilent(monotonicMs: number): boolean {
    return this.#hasBeacon && this.silentMs(monotonicMs) >= BEACON_SILENCE_MS;
  }

  #isControl(element: Element, { peer, at }: FeedMessage, monotonicMs: number): boolean {
    if (element.type !== 'announcement' && element.type !== 'withdrawal') return false;
    const role = this.#roles.get(element.prefix.text);
    if (role === 'fast-beacon') this.#beaconMs = monotonicMs;
    if (role === 'never-announced' && element.type === 'announcement' && isPowerOfTen(++this.#neverAnnounced)) {
      this.#report({ type: 'never-announced-heard', peer, at });
    }
    return !this.#isWatched(element.prefix);
  }
}
