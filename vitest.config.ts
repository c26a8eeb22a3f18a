import { availableParallelism } from 'node:os';
import { globSync } from 'tinyglobby';
import { defineConfig } from 'vitest/config';
import unit from './vitest.unit.config.ts';

// Node.js 20 reads a machine's own certificates at each start, for 50 ms and more, and the tests start some thousand
// processes. A test that needs a certificate names its own.
delete process.env['NODE_EXTRA_CA_CERTS'];

/**
 * Files that run much of the program in their own process, and leave that process as they found it. They share module graphs
 * that stay warm: loading and compiling anew for each file took a fifth of their processor time.
 */
const WARM = [
  'test/{config,support}/**/*.test.ts',
  'test/days/{flapping,truth.properties}.test.ts',
  'test/differential/{compare,expected-texts,north-korea}.test.ts',
  'test/docker/{compose,dockerfile,docs,login}.test.ts',
  'test/docs/{complete,named,scale,webhooks}.test.ts',
  'test/torture/{agreement,history,tokens}.test.ts',
  'test/app/{leadership,metrics,report,watch}/**/*.test.ts',
  'test/cli/{archive,probe,replay,report,store}/**/*.test.ts',
  'test/cli/{arguments,command,questions,silence}.test.ts',
  'test/cli/webhook/{secret,test,webhook}.test.ts',
  'test/{engine,history,http,live,schemas}/**/*.test.ts',
  'test/jobs/{map-reduce,shelf,turns}.test.ts',
  'test/replay/{incidents,judged-wrongly,progression,real-files,recordings}.test.ts',
  'test/sinks/webhook/**/*.test.ts',
  'test/store/{memory,transfer}.test.ts',
  'test/store/redis/{disk,failure,keep,open,reading,readers,url}.test.ts',
  'test/streams/{archive,atlas,probe,ripestat}/**/*.test.ts',
  'test/streams/mrt/{hidden-routes,holes,inspect,source}.test.ts',
  'test/streams/mrt/{archive,bad-records,container,decode,dump,record,scan}/**/*.test.ts',
  'test/streams/ris-live/**/*.test.ts',
];
/** Among them those that measure memory, or set what is of the whole process. */
const APART = [
  'test/http/load.test.ts',
  'test/live/hostile.test.ts',
  'test/sinks/webhook/dispatch/{kill,mix}.test.ts',
  'test/sinks/webhook/tls.test.ts',
  'test/streams/mrt/bad-records/{bytes,floods,paths}.test.ts',
  'test/streams/mrt/decode/decode-any-bytes.test.ts',
];

const units = globSync(unit.test?.include ?? [], { ignore: unit.test?.exclude ?? [] });
const warm = globSync(WARM, { ignore: [...units, ...APART] });

export default defineConfig({
  test: {
    globalSetup: ['test/support/setup.ts'],
    // Many wait for a server or a process rather than compute. Each worker compiles the program for itself.
    maxWorkers: Math.max(3, availableParallelism() + 1),
    // Tests replay days and throw them away: with V8's own sizes, three times as many collections copy what is still in use.
    execArgv: ['--min-semi-space-size=16', '--max-semi-space-size=64'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Real servers and processes on a starved machine: a second try, which the report shows as `retry x1`.
    retry: process.env['CI'] === undefined ? 0 : 1,
    projects: [
      { extends: true, ...unit },
      {
        extends: true,
        test: {
          name: 'warm',
          globalSetup: ['test/support/redis/needed.ts'],
          include: WARM,
          exclude: [...units, ...APART],
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'whole',
          globalSetup: ['test/support/redis/needed.ts'],
          include: ['test/**/*.test.ts'],
          exclude: [...units, ...warm],
        },
      },
    ],
  },
});
