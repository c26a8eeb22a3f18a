import { createReadStream } from 'node:fs';
import { elementLineReader, type BadLine } from '../../src/bgp/element-line.ts';
import { collectorOf, type Element, type GapElement } from '../../src/bgp/element.ts';
import type { Collector } from '../../src/bgp/peer.ts';
import type { EventTime } from '../../src/bgp/time.ts';
import { messageOf } from '../../src/lib/message-of.ts';
import type { ElementSource } from '../../src/ports.ts';

/** The reports of a tape while it is played. */
export type TapeReport =
  /** `reason` says why this line was left out. */
  | { readonly type: 'bad-line'; readonly file: string; readonly line: number; readonly reason: string }
  /** The recorder was stopped within the last line. */
  | { readonly type: 'torn-end'; readonly file: string; readonly line: number }
  | { readonly type: 'unreadable-file'; readonly file: string; readonly reason: string }
  /** Once, last. */
  | { readonly type: 'end'; readonly file: string; readonly elements: number; readonly badLines: number };

/** Most characters of a line. The longest path in the largest BGP message needs half of this. */
const MAX_LINE = 256 * 1024;
/** A collector that a bad line may have been about. */
const MAX_COLLECTORS = 256;

/**
 * Plays a tape that `record` wrote, element by element. An unreadable line is a `gap` of the collector that it names,
 * or of all collectors of the tape so far. Lines that start with `#` are for people. A line counts only with its
 * newline, because half a line can look like a complete one.
 */
export function tapeSource(file: string, report: (report: TapeReport) => void = () => undefined): ElementSource {
  return {
    name: file,
    async *elements(signal) {
      const tape = new Tape(file, report);
      try {
        for await (const lines of linesOf(file, signal)) {
          for (const line of lines) {
            if (signal.aborted) return;
            yield* tape.read(line);
          }
        }
      } catch (error) {
        if (signal.aborted) return;
        report({ type: 'unreadable-file', file, reason: messageOf(error) });
        yield* tape.gaps('damaged-file');
      }
      report({ type: 'end', file, elements: tape.elements, badLines: tape.badLines });
    },
  };
}

/** The state of reading a tape. */
class Tape {
  elements = 0;
  badLines = 0;
  readonly #file: string;
  readonly #report: (report: TapeReport) => void;
  readonly #readLine = elementLineReader();
  readonly #collectors = new Set<Collector>();
  #number = 0;
  #at: EventTime | undefined;

  constructor(file: string, report: (report: TapeReport) => void) {
    this.#file = file;
    this.#report = report;
  }

  read({ text, isWhole }: Line): readonly Element[] {
    const line = ++this.#number;
    if (text === undefined) return this.#bad(line, `longer than ${MAX_LINE} characters`, undefined);
    if (!isWhole) {
      this.#report({ type: 'torn-end', file: this.#file, line });
      return [];
    }
    if (text === '' || text.startsWith('#')) return [];
    const element = this.#readLine(text);
    if (element.type === 'bad-line') return this.#bad(line, `no element: ${text.slice(0, 100)}`, element);
    this.elements++;
    this.#at = element.at;
    const collector = collectorOf(element);
    if (collector !== undefined && this.#collectors.size < MAX_COLLECTORS) this.#collectors.add(collector);
    return [element];
  }

  gaps(reason: GapElement['reason'], of?: Collector): readonly Element[] {
    const at = this.#at;
    if (at === undefined) return [];
    const collectors = of === undefined ? [...this.#collectors] : [of];
    return collectors.map((collector) => ({ type: 'gap', at, collector, reason }));
  }

  #bad(line: number, reason: string, bad: BadLine | undefined): readonly Element[] {
    this.badLines++;
    this.#report({ type: 'bad-line', file: this.#file, line, reason });
    return this.gaps('damaged-file', bad?.collector);
  }
}

interface Line {
  /** `undefined`: the line is too long. */
  readonly text: string | undefined;
  readonly isWhole: boolean;
}

/** Lines in batches. Memory is bounded by the longest allowed line. */
async function* linesOf(file: string, signal: AbortSignal): AsyncGenerator<readonly Line[]> {
  let rest = '';
  let isTooLong = false;
  const stream = createReadStream(file, { encoding: 'utf8', highWaterMark: 256 * 1024, signal });
  for await (const chunk of stream as AsyncIterable<string>) {
    const parts = (rest + chunk).split('\n');
    rest = parts.pop() ?? '';
    const lines = parts.map((text, i): Line => ({
      text: (i === 0 && isTooLong) || text.length > MAX_LINE ? undefined : text,
      isWhole: true,
    }));
    if (parts.length > 0) isTooLong = false;
    if (rest.length > MAX_LINE) {
      isTooLong = true;
      rest = '';
    }
    yield lines;
  }
  if (rest !== '' || isTooLong) yield [{ text: isTooLong ? undefined : rest, isWhole: false }];
}
