import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { hook, place, type Posted } from '../cli/webhook/scene.ts';
import { ROOT } from '../support/cli.ts';

const run = promisify(execFile);
const scratch = mkdtempSync(join(tmpdir(), 'unroutable-verify-'));
const file = (name: string): string => join(ROOT, 'docs/examples/verify', name);

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** Programs that check whether a request is genuine, and what builds and runs them. */
interface Verifier {
  readonly name: string;
  /** Must be there, asked like this. */
  readonly needs: readonly string[];
  readonly build?: readonly string[];
  readonly run: readonly string[];
}

/** A program that ends at once is done before its code is compiled well, and needs one thread to collect its garbage. */
const QUICK = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];

const VERIFIERS: readonly Verifier[] = [
  { name: 'verify.mjs', needs: [process.execPath, '--version'], run: [process.execPath, file('verify.mjs')] },
  { name: 'verify.py', needs: ['python3', '--version'], run: ['python3', file('verify.py')] },
  {
    name: 'verify.go',
    needs: ['go', 'version'],
    build: ['go', 'build', '-o', join(scratch, 'verify'), file('verify.go')],
    run: [join(scratch, 'verify')],
  },
  {
    name: 'Verify.java',
    needs: ['javac', '--version'],
    build: ['javac', ...QUICK.map((option) => `-J${option}`), '-d', scratch, file('Verify.java')],
    run: ['java', ...QUICK, '-cp', scratch, 'Verify'],
  },
  { name: 'verify.sh', needs: ['openssl', 'version'], run: ['bash', file('verify.sh')] },
];

const present = await Promise.all(VERIFIERS.map(async ({ needs: [program = '', ...args] }) => isThere(program, args)));

interface Case {
  readonly what: string;
  readonly secret: string;
  readonly posted: Posted;
  readonly timestamp?: string;
  readonly isGenuine: boolean;
}

/** A real request signed with the old and the new secret of a rotation, and what somebody might make of it. */
async function cases(): Promise<readonly Case[]> {
  const at = await place();
  const receiver = await hook();
  const where = ['--http', '--port', String(receiver.port), '--allow', '127.0.0.0/8'];
  const secretIn = (stdout: string): string => readFileSync(/the file (\S+)/.exec(stdout)?.[1] ?? '', 'utf8').trim();
  const old = secretIn((await at.run(['webhook', 'add', 'desk', receiver.url, ...where])).stdout);
  expect((await at.run(['webhook', 'test', 'desk'])).status).toBe(0);
  const fresh = secretIn((await at.run(['webhook', 'rotate', 'desk'])).stdout);
  expect((await at.run(['webhook', 'test', 'desk'])).status).toBe(0);
  const [before, during] = receiver.posted;
  if (before === undefined || during === undefined) throw new Error('nothing came');
  const forged = { ...before, body: before.body.replace('North Korea', 'South Korea') };
  const none = { ...before, headers: { ...before.headers, 'webhook-signature': 'v1,' } };
  const asymmetric = (before.headers['webhook-signature'] ?? '').replace('v1,', 'v1a,');
  const late = String(Number(before.headers['webhook-timestamp']) - 301);
  return [
    { what: 'a request as it came', secret: old, posted: before, isGenuine: true },
    { what: 'during a rotation, to who has the old secret', secret: old, posted: during, isGenuine: true },
    { what: 'during a rotation, to who has the new secret', secret: fresh, posted: during, isGenuine: true },
    { what: 'before it, to who has the new secret', secret: fresh, posted: before, isGenuine: false },
    { what: 'a body that was changed', secret: old, posted: forged, isGenuine: false },
    { what: 'another id', secret: old, posted: { ...before, id: during.id }, isGenuine: false },
    { what: 'another time', secret: old, posted: before, timestamp: late, isGenuine: false },
    { what: 'a time that is none', secret: old, posted: before, timestamp: 'now', isGenuine: false },
    { what: 'no signature', secret: old, posted: none, isGenuine: false },
    {
      what: 'a signature of another scheme',
      secret: old,
      posted: { ...before, headers: { ...before.headers, 'webhook-signature': asymmetric } },
      isGenuine: false,
    },
  ];
}

describe.each(VERIFIERS.map((verifier, i) => ({ ...verifier, isPresent: present[i] ?? false })))(
  '$name in docs/examples/verify',
  ({ name, needs, build, run: command, isPresent }) => {
    test.skipIf(!isPresent)(
      `distinguishes genuine requests from others (needs ${needs[0]?.split('/').at(-1)})`,
      async () => {
        if (build !== undefined)
          await run(build[0] ?? '', build.slice(1), { env: { ...process.env, GOFLAGS: '-mod=mod' } });
        const found: unknown[] = [];
        const all = await cases();
        for (const one of all) found.push([one.what, await answerOf(command, one)]);
        expect([name, found]).toEqual([
          name,
          all.map(({ what, isGenuine }) => [what, isGenuine ? 'genuine' : 'forged or too old']),
        ]);
      },
    );
  },
);

/** The output of the program, if its exit status agrees. */
function answerOf(command: readonly string[], { secret, posted, timestamp }: Case): Promise<string> {
  const { id, headers, body } = posted;
  const at = timestamp ?? headers['webhook-timestamp'] ?? '';
  const args = [...command.slice(1), id, at, headers['webhook-signature'] ?? ''];
  return new Promise((resolve, reject) => {
    const child = spawn(command[0] ?? '', args, { env: { ...process.env, WEBHOOK_SECRET: secret } });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
    child.stderr.setEncoding('utf8').on('data', (part: string) => (text += part));
    child.once('error', reject).once('close', (status) => {
      const said = text.trim();
      resolve((said === 'genuine') === (status === 0) ? said : `${said}, status ${status}`);
    });
    child.stdin.on('error', () => undefined).end(body);
  });
}

async function isThere(program: string, args: readonly string[]): Promise<boolean> {
  return run(program, args).then(
    () => true,
    () => false,
  );
}
