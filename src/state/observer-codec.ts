import type { GapReason } from '../bgp/element.ts';
import type { Collector } from '../bgp/peer.ts';
import { Fields, peerFrom } from '../lib/fields.ts';
import type { Link } from '../detect/events/chain.ts';
import type { BlindData } from '../detect/events/event.ts';
import type { ObserverSnapshot, OwnGap } from '../detect/observer/observer.ts';
import type { Hysteresis } from '../detect/hysteresis.ts';
import { hysteresisFrom, hysteresisValue } from './evaluator-codec.ts';

/** The observer as it is written down. */
export function observerText({ open, blind }: ObserverSnapshot): string {
  const gaps = open.map((gap) => ({ ...gap, peer: gap.peer?.id, unsettled: [...gap.unsettled] }));
  return JSON.stringify({ open: gaps, blind });
}

/** @throws Error when it was not so written. */
export function parseObserver(text: string): ObserverSnapshot {
  const fields = Fields.parse(text);
  return {
    open: fields.list('open', (value) => gapFrom(new Fields(value))),
    blind: fields.optional('blind', (value) => blindFrom(new Fields(value))),
  };
}

/** The end of a chain of events as it is written down. */
export function linkText({ sequence, id }: Link): string {
  return JSON.stringify({ sequence, id });
}

/** @throws Error when it was not so written. */
export function parseLink(text: string): Link {
  const fields = Fields.parse(text);
  return { sequence: fields.count('sequence'), id: fields.text('id') };
}

/** Members of the control group, by unit. */
export function membersText(members: readonly Hysteresis[]): string {
  return JSON.stringify({ members: members.map((member) => hysteresisValue(member)) });
}

/** @throws Error when it was not so written. */
export function parseMembers(text: string): readonly Hysteresis[] {
  return Fields.parse(text).list('members', hysteresisFrom);
}

function gapFrom(fields: Fields): OwnGap {
  return {
    collector: fields.text('collector') as Collector,
    peer: fields.optional('peer', peerFrom),
    since: fields.time('since'),
    reason: fields.text('reason') as GapReason,
    peers: fields.count('peers'),
    unsettled: new Set(fields.list('unsettled', (id) => peerFrom(id).id)),
  };
}

/** As the event carries it that takes it back: in the same order. */
function blindFrom(fields: Fields): BlindData {
  return {
    since: fields.text('since'),
    reason: fields.text('reason') as BlindData['reason'],
    territories: fields.list('territories', String),
  };
}
