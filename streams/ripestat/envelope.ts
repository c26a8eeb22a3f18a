import * as z from 'zod';
import { parseJson } from '../../src/lib/json.ts';
import { placeText } from '../../src/lib/zod-faults.ts';
import { done, failed, type Outcome } from './fault.ts';

/** The envelope around the `data` of every call, https://stat.ripe.net/docs/02.data-api/. */
const envelope = z.object({
  status: z.string(),
  status_code: z.number(),
  data_call_name: z.string(),
  /** `supported`, `production` (an older word for it), `deprecated - …`, `maintenance - …`. */
  data_call_status: z.string(),
  messages: z.array(z.tuple([z.string(), z.string()])),
  data: z.unknown(),
});

/** Longest foreign text that is quoted: a proxy may answer with a whole page instead of RIPEstat. */
const MAX_CHARACTERS = 200;

/** Returns the data of an answer to this call, if the envelope says that there are any. */
export function openEnvelope(call: string, text: string): Outcome<unknown> {
  const json = parseJson(text);
  if (json === undefined) {
    const what = text.trimStart().startsWith('<')
      ? 'it answered with a web page'
      : /^\s*[{[]/.test(text)
        ? `its JSON is damaged or was cut short after ${text.length} characters`
        : `its answer is not JSON: "${shortened(text)}"`;
    return failed('unreadable', call, what);
  }
  const read = envelope.safeParse(json);
  if (!read.success) return failed('unreadable', call, `its envelope ${firstIssue(read.error)}`);

  const { status, status_code: code, data_call_name: name, data_call_status: state, messages, data } = read.data;
  const said = messages.filter(([level]) => level === 'error').map(([, words]) => shortened(words));
  if (state.startsWith('maintenance')) return failed('failing', call, 'the call is down for maintenance');
  if (status !== 'ok' || code !== 200 || said.length > 0) {
    const words = said.length > 0 ? `: ${said.join(', ')}` : '';
    return failed(
      code >= 400 && code < 500 ? 'refused' : 'failing',
      call,
      `it says ${shortened(status)} (${code})${words}`,
    );
  }
  if (name !== call) return failed('unreadable', call, `it answered the call ${shortened(name)}`);

  const warnings = messages
    .filter(([level]) => level === 'warning')
    .map(([, words]) => `RIPEstat ${call}: ${shortened(words)}`);
  if (state.startsWith('deprecated')) warnings.push(`RIPEstat ${call}: the call will go away: ${shortened(state)}`);
  return done(data, warnings);
}

/** Reads `data` strictly by its schema: a skipped row would make a peer appear to lack a route. */
export function readData<T>(call: string, schema: z.ZodType<T>, data: unknown): Outcome<T> {
  const read = schema.safeParse(data);
  return read.success ? done(read.data) : failed('unreadable', call, `its data ${firstIssue(read.error)}`);
}

function firstIssue(error: z.ZodError): string {
  const [issue] = error.issues;
  const place = issue === undefined || issue.path.length === 0 ? '' : `at ${placeText(issue.path)} `;
  return `${place}are not in the known form: ${issue?.message ?? 'no reason given'}`;
}

function shortened(text: string): string {
  // Removes control characters, so that foreign text cannot act on a terminal.
  const plain = text.replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ').trim();
  return plain.length > MAX_CHARACTERS ? `${plain.slice(0, MAX_CHARACTERS)}…` : plain;
}
