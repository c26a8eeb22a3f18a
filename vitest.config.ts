import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// Node.js 20 reads a machine's own certificates at each start, for 50 ms and more, and the tests start some thousand
// processes. A test that needs a certificate names its own.
delete process.env['NODE_EXTRA_CA_CERTS'];

/**
 * Files that measure memory, or set what is of the whole process: each has a process of its own. All others share module
 * graphs that stay warm, and leave their process as they found it: loading and compiling anew for each file took a fifth
 * of the processor time.
 */
const APART = [
  'test/bgpkit-parser-wasm/**/*.test.ts',
  'test/http/load.test.ts',
  'test/lib/proxy.test.ts',
  'test/live/hostile.test.ts',
  'test/peers/bounds.test.ts',
  'test/sinks/webhook/dispatch/{kill,mix}.test.ts',
  'test/sinks/webhook/request/tls.test.ts',
  'test/streams/mrt/bad-records/{bytes,floods,paths}.test.ts',
  'test/streams/mrt/decode/decode-any-bytes.test.ts',
];

/**
 * Files that wait for servers, processes and times of the product for most of their time: leases, polls, back-offs. They go
 * first, several to a core, so that later ones that compute have the cores to themselves.
 */
const WAITING = [
  'test/cli/{drill/drill,host,probe/probe,questions,watch/store,watch/watch,webhook/watch}.test.ts',
  'test/deploy/metrics.test.ts',
  'test/docker/own-territories.test.ts',
  'test/docs/{subscribe,webhooks-verify}.test.ts',
  'test/jobs/{jobs,places}.test.ts',
  'test/page/{links,page}.test.ts',
  'test/replay/stopped-servers.test.ts',
  'test/store/redis/{cluster,sentinels,tls,wire}.test.ts',
  'test/streams/archive/download.test.ts',
  'test/streams/probe/real-servers.test.ts',
  'test/streams/ris-live/{bounds,serve-ris}.test.ts',
  'test/support/redis/topologies.test.ts',
  'test/torture/{history,restart,standby}.test.ts',
];

/** They take longest. One that begins last would go on alone. */
const LONGEST = [
  ...[
    'torture/standby',
    'jobs/places',
    'cli/webhook/watch',
    'page/page',
    'cli/drill/drill',
    'jobs/jobs',
    'docs/subscribe',
  ],
  ...['cli/watch/store', 'docker/image', 'cli/report/report', 'package', 'torture/kill'],
].map((name) => `/test/${name}.test.ts`);

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification): number => {
      const at = LONGEST.findIndex((name) => moduleId.endsWith(name));
      return at < 0 ? LONGEST.length : at;
    };
    return (await super.sort(files)).toSorted((a, b) => place(a) - place(b));
  }
}

const CORES = availableParallelism();

export default defineConfig({
  test: {
    globalSetup: ['test/support/setup.ts'],
    sequence: { sequencer: LongestFirst },
    // Tests replay days and throw them away: with V8's own sizes, three times as many collections copy what is still in use.
    execArgv: ['--min-semi-space-size=16', '--max-semi-space-size=64'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Real servers and processes on a starved machine: a second try, which the report shows as `retry x1`.
    retry: process.env['CI'] === undefined ? 0 : 1,
    projects: [
      {
        extends: true,
        test: {
          name: 'waiting',
          globalSetup: ['test/support/redis/needed.ts'],
          include: WAITING,
          isolate: false,
          sequence: { groupOrder: 0 },
          maxWorkers: Math.max(6, 3 * CORES),
        },
      },
      {
        extends: true,
        test: {
          name: 'warm',
          globalSetup: ['test/support/redis/needed.ts'],
          include: ['test/**/*.test.ts'],
          exclude: [...APART, ...WAITING],
          isolate: false,
          sequence: { groupOrder: 1 },
          maxWorkers: Math.max(3, CORES + 1),
        },
      },
      {
        extends: true,
        test: {
          name: 'apart',
          globalSetup: ['test/support/redis/needed.ts'],
          include: APART,
          sequence: { groupOrder: 1 },
          maxWorkers: Math.max(3, CORES + 1),
        },
      },
    ],
  },
});
