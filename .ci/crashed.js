import { writeFileSync } from 'node:fs';

/**
 * A reporter that writes into the file named by `CRASHED` the test files whose process ended before their tests did, a line
 * each. Node.js itself has crashed that way; vitest then reports an error, but does not say in which file. It writes nothing
 * when there is any other error: those are ours.
 */
export default class Crashed {
  onTestRunEnd(modules, errors) {
    const isCrash = (error) => (error.cause ?? error).message === 'Worker exited unexpectedly';
    if (errors.length === 0 || !errors.every(isCrash)) return;
    const unfinished = modules.filter((module) => ['pending', 'queued'].includes(module.state()));
    writeFileSync(process.env.CRASHED, unfinished.map((module) => `${module.relativeModuleId}\n`).join(''));
  }
}
