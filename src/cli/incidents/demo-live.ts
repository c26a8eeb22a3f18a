import { Writable } from 'node:stream';
import { planMrt } from '../../../streams/mrt/archive/archive.ts';
import { EXIT, type ExitStatus } from '../exit-status.ts';
import type { ReconstructedIncident } from '../../app/incidents/library.ts';
import { complain, type Io } from '../../app/io.ts';
import { serveRis } from '../serve-ris/serve-ris.ts';
import { watch } from '../watch/watch.ts';

/** Speed of the demo: two days take half a minute, and a person can still follow. */
const SPEED = 6000;

/**
 * Plays a recorded incident as if it happened now: it serves the updates over RIS Live's protocol on loopback, and
 * `watch` reads them. Both are the real commands; nothing leaves this machine.
 *
 * @param http `[HOST:]PORT` of the page. The page stays after the end of the incident, until the program is stopped.
 */
export async function demoLive(
  { folder, territory, territories }: Pick<ReconstructedIncident, 'folder' | 'territory' | 'territories'>,
  http: string | undefined,
  io: Io,
): Promise<ExitStatus> {
  const planned = await planMrt({ paths: [folder] });
  if (!planned.ok) {
    complain(io, planned.reason);
    return EXIT.files;
  }
  const { collectors } = planned.plan;
  const updates = collectors.flatMap((collector) => collector.updates.map(({ path }) => path));
  const firstDumps = collectors.flatMap(({ ribs }) => ribs.slice(0, 1).map(({ path }) => path));

  const stop = new AbortController();
  const signal = AbortSignal.any([io.signal, stop.signal]);
  const address = firstLine();
  const speed = io.stdout.isTTY === true || http !== undefined ? SPEED : 'max';
  const serving = serveRis({ files: updates, port: 0, speed }, { ...io, stdout: address.stream, signal });
  const url = await Promise.race([address.line, serving]);
  // The server ended before it began, and has printed the reason.
  if (typeof url === 'number') return url;
  try {
    const seed = { from: 'mrt', paths: firstDumps } as const;
    return await watch(
      {
        url,
        history: true,
        seed,
        territory: [territory],
        ...(territories !== undefined && { territories }),
        format: 'text',
        ...(http !== undefined && { http }),
      },
      { ...io, signal },
    );
  } finally {
    stop.abort();
    await serving;
  }
}

/** A stream, and the first line that is written to it. */
function firstLine(): { readonly stream: Writable; readonly line: Promise<string> } {
  let reported: (line: string) => void;
  const line = new Promise<string>((resolve) => (reported = resolve));
  let text = '';
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      const end = text.indexOf('\n');
      if (end >= 0) reported(text.slice(0, end));
      done();
    },
  });
  return { stream, line };
}
