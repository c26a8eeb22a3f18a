import { setImmediate } from 'node:timers/promises';
import { promisify } from 'node:util';
import { constants, gzip } from 'node:zlib';
import { Hono, type Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { zodFaults } from '../lib/zod-faults.ts';
import { ParsedRecords } from '../history/parsed-records.ts';
import type { Reader } from '../history/stored.ts';
import { UnknownEvent, type Clock, type StateStore } from '../ports.ts';
import { incidentsView, incidentView } from './incident-views.ts';
import { encodingsOf } from './encodings.ts';
import { questions, type Questions } from './questions.ts';
import { explainView, peersView, stateView } from './sight-views.ts';
import { reachabilityView } from './reach-view.ts';
import { Refused, subjectsOf } from './subjects.ts';
import { namesView, timelineText } from './timeline-view.ts';
import { territoriesView, unitsView, uptimeView, verdictView } from './views.ts';

/** Answers with at least this many characters are compressed. */
const LONG = 4_096;
const packed = promisify<string, { level: number }, Buffer>(gzip);

/** Events in one answer, unless the client asks for fewer. */
const EVENTS = 100;

/** The addresses under /api/v1 that answer with JSON. `names`: of ASes, by their number. */
export function apiOf(store: StateStore, clock: Clock, names: ReadonlyMap<number, string> = new Map()): Hono {
  const api = new Hono();
  const inTurn = oneAtATime();
  const history: Reader = {
    read: (space, keys) => store.read(space, keys),
    parsed: new ParsedRecords(),
    breathe: () => setImmediate(),
  };
  const route = <Name extends keyof typeof questions>(
    path: string,
    name: Name,
    answer: (asked: Questions[Name], context: Context) => Promise<unknown>,
  ): void => {
    api.get(path, async (context) => {
      context.header('Cache-Control', 'no-store');
      return jsonOf(context, await answer(askedOf(context, name), context));
    });
  };
  route('/territories', 'none', () => territoriesView(store));
  route('/verdict', 'view', (asked) => verdictView(store, asked, clock.wallMs()));
  route('/incidents', 'incidents', (asked) => incidentsView(store, asked));
  route('/incidents/:id', 'none', (_, context) => incidentView(store, context.req.param('id') ?? ''));
  route('/timeline', 'timeline', (asked, context) => inTurn(context, () => timelineText(history, asked, names)));
  route('/state', 'moment', (asked, context) => inTurn(context, () => stateView(history, asked, clock.wallMs())));
  route('/peers', 'span', (asked, context) => inTurn(context, () => peersView(history, asked)));
  route('/units', 'view', async (asked) => unitsView(await subjectsOf(store, asked)));
  route('/reachability', 'territory', (asked) => reachabilityView(store, asked));
  route('/events', 'events', (asked) => eventsView(store, asked));
  route('/explain', 'moment', async (asked, context) => {
    const explained = await inTurn(context, () => explainView(history, asked, clock.wallMs()));
    return { ...explained, ...namesView(new Set(explained.peers.map(({ asn }) => asn)), names) };
  });
  route('/uptime', 'uptime', (asked) => uptimeView(store, asked));
  return api;
}

/**
 * An answer as JSON; text is JSON already. Long answers are compressed outside the main thread, for clients that accept
 * gzip.
 */
async function jsonOf(context: Context, answer: unknown): Promise<Response> {
  const text = typeof answer === 'string' ? answer : JSON.stringify(answer);
  context.header('Content-Type', 'application/json');
  context.header('Vary', 'Accept-Encoding');
  if (text.length < LONG || !encodingsOf(context).includes('gzip')) return context.body(text);
  context.header('Content-Encoding', 'gzip');
  return context.body(new Uint8Array(await packed(text, { level: constants.Z_BEST_SPEED })));
}

/**
 * Runs work that takes milliseconds for one request after the other, so that a feed in the same process never waits for
 * more than one of them. Requests of clients that have gone are skipped.
 */
function oneAtATime(): <T>(context: Context, work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return (context, work) => {
    const mine = last.then(async () => {
      await setImmediate();
      if (context.req.raw.signal.aborted) throw new Refused(400, 'the client is gone');
      return work();
    });
    last = mine.catch(() => undefined);
    return mine;
  };
}

async function eventsView(store: StateStore, asked: { after?: string | undefined; limit?: number | undefined }) {
  const events = [];
  for await (const event of store.events(asked.after)) {
    events.push(event);
    if (events.length >= (asked.limit ?? EVENTS)) break;
  }
  return { events, next: events.at(-1)?.id ?? asked.after ?? null };
}

/** The parameters of a request. @throws Refused when a parameter is unknown, wrong, or given twice. */
export function askedOf<Name extends keyof Questions>(context: Context, name: Name): Questions[Name] {
  const read = questions[name].safeParse(onceEach(context));
  if (!read.success) throw new Refused(400, zodFaults(read.error).join('; '));
  return read.data as Questions[Name];
}

/** The parameters by name. @throws Refused when a name comes twice. */
function onceEach(context: Context): Readonly<Record<string, string>> {
  const asked = new Map<string, string>();
  for (const [name, values] of Object.entries(context.req.queries())) {
    if (values.length > 1) throw new Refused(400, `${name} is given twice`);
    asked.set(name, values[0] ?? '');
  }
  return Object.fromEntries(asked);
}

/** The answer to a failed request: the fault of the request, or of the store. */
export function problemOf(error: unknown): { readonly status: ContentfulStatusCode; readonly error: string } {
  if (error instanceof Refused) return { status: error.status, error: error.message };
  if (error instanceof UnknownEvent) return { status: 404, error: error.message };
  return { status: 503, error: 'the store does not answer, or its data cannot be read' };
}
