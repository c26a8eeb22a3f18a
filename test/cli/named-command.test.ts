import { PassThrough } from 'node:stream';
import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';

const io = { stdout: new PassThrough(), stderr: new PassThrough(), env: {}, signal: new AbortController().signal };

function program(words?: readonly string[]): Command {
  return createProgram(io, () => undefined, words);
}

/** The words that lead to each command, the program itself first. */
function pathsOf(command: Command, path: readonly string[] = []): readonly (readonly string[])[] {
  return [path, ...command.commands.flatMap((child) => pathsOf(child, [...path, child.name()]))];
}

function at(root: Command, path: readonly string[]): Command {
  const found = path.reduce<Command | undefined>(
    (command, name) => command?.commands.find((child) => child.name() === name),
    root,
  );
  if (found === undefined) throw new Error(`no command ${path.join(' ')}`);
  return found;
}

test.each(pathsOf(program()).map((path) => [path.join(' '), path] as const))(
  'the help of "%s" is the same when only the commands that are named are built',
  (_name, path) => {
    expect(at(program([...path, '--help']), path).helpInformation()).toBe(at(program(), path).helpInformation());
  },
);

test('a command that is not named has no options of its own', () => {
  expect(at(program(['replay']), ['watch']).options).toHaveLength(1);
  expect(at(program(['replay']), ['replay']).options.length).toBeGreaterThan(10);
});
