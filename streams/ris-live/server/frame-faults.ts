import type { EventTime } from '../../../src/bgp/time.ts';
import type { RisMessage } from './message.ts';

/** Most messages that are held back to be sent in another order. */
const MAX_HELD = 10_000;

/** Faults of messages: lost, doubled, out of order, old. Counted per delivery. */
export class FrameFaults {
  #drop = 0;
  #duplicate = 0;
  #reorder = 0;
  #late = { count: 0, ms: 0 };
  #silentUntil = Number.NEGATIVE_INFINITY;
  #onlyWithdrawals = false;
  readonly #held = new WeakMap<object, RisMessage[]>();
  /** How subscriptions are acknowledged: correctly, with another filter, or never. */
  acks: 'right' | 'other' | 'none' = 'right';

  /** False: a fault is or was active, so each message takes the slow path. */
  isClear = true;

  drop(count: number): void {
    this.isClear = false;
    this.#drop += count;
  }

  duplicate(count: number): void {
    this.isClear = false;
    this.#duplicate += count;
  }

  /** Of each `count` messages of a client the last one comes first; until `clear`. */
  reorder(count: number): void {
    this.isClear = false;
    this.#reorder = Math.min(count, MAX_HELD);
  }

  /** The next messages are sent twice, the second time stamped `ms` earlier. */
  late(count: number, ms: number): void {
    this.isClear = false;
    this.#late = { count, ms };
  }

  /** All messages up to this event time are lost. The connection stays open, and pings are answered. */
  silence(until: number): void {
    this.isClear = false;
    this.#silentUntil = until;
  }

  onlyWithdrawals(): void {
    this.isClear = false;
    this.#onlyWithdrawals = true;
  }

  clear(): void {
    this.#drop = 0;
    this.#duplicate = 0;
    this.#reorder = 0;
    this.#late = { count: 0, ms: 0 };
    this.#silentUntil = Number.NEGATIVE_INFINITY;
    this.#onlyWithdrawals = false;
    this.acks = 'right';
  }

  /** The messages that this client gets instead of the message. */
  instead(client: object, message: RisMessage): readonly RisMessage[] {
    if (message.at < this.#silentUntil) return [];
    const sent = this.#onlyWithdrawals ? withoutAnnouncements(message) : message;
    if (sent === undefined) return [];
    if (this.#drop > 0) {
      this.#drop--;
      return [];
    }
    const copies = [sent];
    if (this.#duplicate > 0) {
      this.#duplicate--;
      copies.push(sent);
    }
    if (this.#late.count > 0) {
      this.#late.count--;
      copies.push(older(sent, this.#late.ms));
    }
    return this.#inOtherOrder(client, copies);
  }

  #inOtherOrder(client: object, messages: readonly RisMessage[]): readonly RisMessage[] {
    const held = this.#held.get(client) ?? [];
    if (this.#reorder === 0 && held.length === 0) return messages;
    held.push(...messages);
    this.#held.set(client, held);
    if (held.length < this.#reorder) return [];
    this.#held.delete(client);
    return this.#reorder === 0 ? held : held.reverse();
  }
}

function withoutAnnouncements(message: RisMessage): RisMessage | undefined {
  const { body } = message;
  if (body.type !== 'UPDATE' || body.update.announced.length === 0) return message;
  if (body.update.withdrawn.length === 0) return undefined;
  return { ...message, raw: undefined, body: { ...body, update: { ...body.update, announced: [], path: [] } } };
}

function older(message: RisMessage, ms: number): RisMessage {
  const at = Math.max(0, message.at - ms) as EventTime;
  return { ...message, at, id: `${message.peer}-${at.toString(16).padStart(12, '0')}ffff` };
}
