import type { Element } from '../../../src/bgp/element.ts';
import type { ElementSource } from '../../../src/ports.ts';
import type { Update } from './bgp-update.ts';
import type { Counts } from './counts.ts';
import type { RisFeed } from './feed.ts';
import { hostOf, MessageIds, type RisMessage } from './message.ts';

/** Messages per batch. */
const BATCH = 256;

/**
 * The elements of a tape as messages of RIS Live, one message each. Elements have no next hop, no ORIGIN and no
 * communities: the next hop is the peer's address, and the others are left out. There is no `raw`. Elements without a
 * form in RIS Live (table dumps, gaps) are only counted.
 */
export function elementFeed(source: ElementSource, counts: Counts): RisFeed {
  const ids = new Map<string, MessageIds>();
  return {
    /** The collectors that have appeared so far. */
    get hosts() {
      return [...ids.keys()];
    },
    async *batches(signal) {
      let batch: RisMessage[] = [];
      for await (const element of source.elements(signal)) {
        const message = messageOf(element, ids, counts);
        if (message !== undefined) batch.push(message);
        if (batch.length < BATCH) continue;
        yield batch;
        batch = [];
      }
      yield batch;
    },
  };
}

function messageOf(element: Element, ids: Map<string, MessageIds>, counts: Counts): RisMessage | undefined {
  const body = bodyOf(element);
  if (typeof body === 'string') counts.add(body);
  const peer = 'peer' in element ? element.peer : undefined;
  if (body === undefined || typeof body === 'string' || peer === undefined) return undefined;
  const host = hostOf(peer.collector);
  const own = ids.get(host) ?? new MessageIds();
  ids.set(host, own);
  const { address, asn } = peer;
  return { at: element.at, host, peer: address, peerAsn: asn, id: own.next(address, element.at), body, raw: undefined };
}

/** A text: why the element is not served; `undefined`: it needs no message. */
function bodyOf(element: Element): RisMessage['body'] | string | undefined {
  switch (element.type) {
    case 'announcement':
      return updateOf({
        announced: [{ nextHop: element.peer.address, prefixes: [element.prefix] }],
        path: element.path,
      });
    case 'withdrawal':
      return updateOf({ withdrawn: [element.prefix] });
    case 'peer-state':
      return { type: 'STATE', state: element.state };
    case 'tick':
      return element.peer === undefined ? undefined : { type: 'KEEPALIVE' };
    case 'end-of-rib':
      return element.dump === undefined ? updateOf({ endOfRib: element.family }) : 'the end of a table dump';
    case 'rib':
      return 'a route of a table dump';
    case 'gap':
      return `a gap (${element.reason})`;
    case 'probe':
      return 'a probe';
  }
}

function updateOf(parts: Partial<Update>): RisMessage['body'] {
  const nothing = { withdrawn: [], announced: [], path: [], communities: [], endOfRib: undefined };
  return { type: 'UPDATE', update: { ...nothing, origin: undefined, med: undefined, aggregator: undefined, ...parts } };
}
