'use strict';
// What npm runs after an install in a checkout, and before it packs: compiles src and streams to dist, and bundles
// the command and the page.
// Without the development dependencies (`npm ci --omit=dev`, NODE_ENV=production) there is no compiler. An install
// then goes on with the dist that is there, or without one: bin/unroutable says at its start what to do.

const { existsSync, rmSync } = require('node:fs');
const { join } = require('node:path');
const { spawnSync } = require('node:child_process');

const root = join(__dirname, '..');
const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
const rolldown = join(root, 'node_modules', 'rolldown', 'bin', 'cli.mjs');

if (existsSync(tsc)) {
  const page = join(root, 'scripts', 'build-page.js');
  // A package must hold no module whose source is gone.
  for (const folder of ['src', 'streams']) rmSync(join(root, 'dist', folder), { recursive: true, force: true });
  process.exitCode =
    ran(tsc, '-p', join(root, 'tsconfig.build.json')) || ran(page) || ran(rolldown, '-c', '--logLevel', 'warn');
} else if (existsSync(join(root, 'dist', 'cli', 'main.js'))) {
  console.error(
    'unroutable: the compiler is not installed (development dependencies were left out); dist/ stays as it is',
  );
} else {
  console.error(
    'unroutable: nothing was built, because the compiler is a development dependency and they were left out. ' +
      'Run `npm ci` without --omit=dev and without NODE_ENV=production first.',
  );
  // A package without the program must not be made.
  process.exitCode = /^(?:pack|publish)$/.test(process.env.npm_command ?? '') ? 1 : 0;
}

/** The exit status of a script of a development dependency. */
function ran(...args) {
  return spawnSync(process.execPath, args, { stdio: 'inherit', cwd: root }).status ?? 1;
}
