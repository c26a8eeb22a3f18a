import { defineConfig } from 'vitest/config';

/** Tests that start no process, open no socket and take milliseconds: `npm run test:unit` ends within 20 s. */
export default defineConfig({
  test: {
    name: 'unit',
    include: [
      'test/*.test.ts',
      'test/{app,bgp,days,detect,lib,peers,policy,reach,report,rib,state,territory}/**/*.test.ts',
      'test/engine/{blind,path-ids,verdict}.test.ts',
      'test/docs/{limits,policy}.test.ts',
      'test/streams/*.test.ts',
      'test/streams/tape/*.test.ts',
    ],
    // The first two start processes, the next ones open sockets; the others play many days, or fill a table to its limit.
    exclude: [
      'test/bin.test.ts',
      'test/package.test.ts',
      'test/lib/proxy.test.ts',
      'test/app/report/order.test.ts',
      'test/app/{leadership,metrics}/**',
      'test/app/watch/{heartbeat,webhooks}.test.ts',
      'test/peers/bounds.test.ts',
      'test/days/flapping.test.ts',
      'test/days/truth.properties.test.ts',
    ],
    // The files share one module graph: starting a fresh one for each would take longer than the tests.
    isolate: false,
  },
});
