import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { tapeSource, type TapeReport } from '../../../streams/tape/source.ts';
import type { EventTime } from '../../bgp/time.ts';
import type { ElementSource } from '../../ports.ts';
import type { Damage } from '../../report/summary.ts';
import type { Archive } from './archive.ts';
import type { ReplayProgress } from './progress.ts';
import { refusal } from '../../lib/errno.ts';
import { bad, good, type Result } from '../../lib/result.ts';

/** Whether a path is a tape of `watch --record`, by its name. */
export function isTape(path: string): boolean {
  return path.endsWith('.tape');
}

/** A tape for replay: every element that a watch applied, including gaps and ticks. */
export async function openTape(path: string, until: EventTime | undefined): Promise<Result<Archive>> {
  let bytes: number;
  try {
    bytes = (await stat(path)).size;
  } catch (error) {
    return bad('files', `${path}: ${refusal(error)}`);
  }
  const damage: Damage[] = [];
  let elements = 0;
  let show: (reading: ReplayProgress) => void = () => undefined;
  const take = (report: TapeReport): void => {
    if (report.type === 'end') {
      elements = report.elements;
      show({ bytesRead: bytes, bytesTotal: bytes, records: elements, at: undefined, filesRead: 1, filesTotal: 1 });
      return;
    }
    const where = 'line' in report ? `line ${report.line}: ` : '';
    const what = 'reason' in report ? report.reason : 'the recording ends within this line';
    damage.push({ file: basename(path), what: `${where}${what}` });
  };
  return good({
    source: until === undefined ? tapeSource(path, take) : stopping(tapeSource(path, take), until),
    files: [{ name: basename(path), collector: '', kind: 'tape', bytes }],
    paths: [path],
    hasDump: true,
    isTape: true,
    get records() {
      return elements;
    },
    damage,
    problems: [],
    onReading: (then) => {
      show = then;
    },
    close: async () => undefined,
  });
}

/** The same source, up to this event time. */
function stopping(source: ElementSource, until: EventTime): ElementSource {
  return {
    name: source.name,
    async *elements(signal) {
      for await (const element of source.elements(signal)) {
        if (element.at > until) return;
        yield element;
      }
    },
  };
}
