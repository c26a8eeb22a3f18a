import { describe, test } from 'vitest';
import { eventsContract } from './events.ts';
import { fencingContract } from './fencing.ts';
import { historyContract } from './history.ts';
import { leasesContract } from './leases.ts';
import { modelContract } from './model.ts';
import { withStore, type Open, type Opened } from './opened.ts';
import { stateContract, wholeContract, writeContract } from './state.ts';

export interface ContractOptions {
  /**
   * Random runs of the property that compares the store with a model of it.
   *
   * @default 40
   */
  readonly runs?: number;
}

/**
 * What every StateStore promises, in rules. Each of them is tried through `src/ports.ts` alone: no clause knows how a
 * store keeps things. An implementation of the port calls this from a test file of its own.
 *
 * @param open gives a new and empty store each time.
 */
export function stateStoreContract(name: string, open: Open, { runs = 40 }: ContractOptions = {}): void {
  const rule = (title: string, attempt: (opened: Opened) => Promise<void>): void => {
    test(title, () => withStore(open, attempt));
  };

  describe(`${name} keeps the contract of a state store`, () => {
    describe('state', () => {
      stateContract(rule);
    });
    describe('batches that replace everything', () => {
      wholeContract(rule);
    });
    describe('records besides the state', () => {
      writeContract(rule);
    });
    describe('events', () => {
      eventsContract(rule);
    });
    describe('fencing', () => {
      fencingContract(rule);
    });
    describe('history', () => {
      historyContract(rule);
    });
    describe('leases', () => {
      leasesContract(rule, open);
    });
    describe('everything at once', () => {
      modelContract(open, runs);
    });
  });
}
