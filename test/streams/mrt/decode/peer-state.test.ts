import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Asn } from '../../../../src/bgp/asn.ts';
import type { SessionEnd } from '../../../../streams/mrt/decode/peer-state.ts';
import { SessionBook } from '../../../../streams/mrt/decode/peer-state.ts';

const end = (address: string, asn: number): SessionEnd => ({ address, asn: asn as Asn });
const COLLECTOR = end('192.0.2.254', 64999);
const A = end('192.0.2.1', 64500);
const B = end('192.0.2.2', 64500);
const OTHER = end('192.0.2.3', 64501);
const someOf = (asn: number): SessionEnd => end('0.0.0.0', asn);
const NOTHING = { type: 'nothing' };

function bookOf(...peers: readonly SessionEnd[]): SessionBook {
  const book = new SessionBook();
  for (const peer of peers) book.noteSession(peer, COLLECTOR);
  return book;
}

function change(book: SessionBook, peer: SessionEnd, from: number, to: number, local = COLLECTOR): unknown {
  return book.change({ peer, local, from, to });
}

describe('a state record', () => {
  it('brings a session up only when it reaches Established, and down only when it leaves it', () => {
    const changes = fc.record({ from: fc.nat(8), to: fc.nat(8) });
    fc.assert(
      fc.property(changes, ({ from, to }) => {
        const expected = from === 6 && to !== 6 ? 'down' : to === 6 && from !== 6 ? 'up' : 'nothing';
        expect(change(bookOf(A), A, from, to)).toMatchObject({ type: expected });
      }),
    );
  });

  it('of FRR: the duplicate connection deleted right after the session came up (3 → 8) takes nothing down', () => {
    const book = bookOf();
    expect(change(book, A, 5, 6)).toEqual({ type: 'up', peer: A });
    expect(change(book, A, 3, 8)).toEqual(NOTHING);
  });

  it('of FRR: a teardown over Clearing (6 → 7 → 1) goes down once', () => {
    const book = bookOf(A);
    expect(change(book, A, 6, 7)).toEqual({ type: 'down', peer: A });
    expect(change(book, A, 7, 1)).toEqual(NOTHING);
  });
});

describe('a state record of peer 0.0.0.0, as BIRD writes it', () => {
  it('means the one known session of the AS', () => {
    expect(change(bookOf(A, OTHER), someOf(64500), 6, 1)).toEqual({ type: 'down', peer: A });
  });

  it('is ambiguous when the AS has several sessions up', () => {
    expect(change(bookOf(A, B, OTHER), someOf(64500), 6, 1)).toEqual({ type: 'ambiguous', peers: [A, B] });
  });

  it('means the last session of the AS that is still up', () => {
    const book = bookOf(A, B);
    change(book, A, 6, 1);
    expect(change(book, someOf(64500), 6, 1)).toEqual({ type: 'down', peer: B });
  });

  it('had meant the session that then comes up again: the other never went', () => {
    const book = bookOf(A, B);
    change(book, someOf(64500), 6, 1);
    expect(change(book, B, 5, 6)).toEqual({ type: 'up', peer: B });
    expect(change(book, B, 6, 1)).toEqual({ type: 'down', peer: B });
    expect(change(book, someOf(64500), 6, 1)).toEqual({ type: 'down', peer: A });
  });

  it('may mean any session of the AS when all were thought down', () => {
    const book = bookOf(A);
    change(book, A, 6, 1);
    expect(change(book, someOf(64500), 6, 1)).toEqual({ type: 'down', peer: A });
  });

  it('means nothing when no session of the AS is known', () => {
    expect(change(bookOf(OTHER), someOf(64500), 6, 1)).toEqual(NOTHING);
    expect(change(bookOf(OTHER), someOf(64500), 5, 6)).toEqual(NOTHING);
  });
});

describe('a state record with its ends swapped, as OpenBGPD writes it', () => {
  it('is turned round when the peer sent data', () => {
    expect(change(bookOf(A), COLLECTOR, 6, 1, A)).toEqual({ type: 'down', peer: A });
  });

  it('is turned round when the collector is known as the local end of others', () => {
    expect(change(bookOf(OTHER), COLLECTOR, 5, 6, A)).toEqual({ type: 'up', peer: A });
  });

  it('is turned round before any data, as soon as two peers of different ASes show the same peer end', () => {
    const book = bookOf();
    change(book, COLLECTOR, 3, 4, A);
    change(book, COLLECTOR, 3, 4, OTHER);
    expect(change(book, COLLECTOR, 5, 6, A)).toEqual({ type: 'up', peer: A });
    expect(change(book, COLLECTOR, 5, 6, OTHER)).toEqual({ type: 'up', peer: OTHER });
  });

  it('is not turned round when the ends are right', () => {
    const book = bookOf(A);
    expect(change(book, OTHER, 5, 6)).toEqual({ type: 'up', peer: OTHER });
    expect(change(book, A, 6, 1, end('0.0.0.0', 64999))).toEqual({ type: 'down', peer: A });
  });
});

it('a file that names endless sessions does not fill memory: those beyond the bound are not learned', () => {
  const book = new SessionBook();
  for (let i = 0; i < 70_000; i++) book.noteSession(end(`10.${i >>> 16}.${(i >>> 8) & 255}.${i & 255}`, i), COLLECTOR);
  expect(book.meant(someOf(65_535))).toHaveLength(1);
  expect(book.meant(someOf(65_536))).toHaveLength(0);
});
