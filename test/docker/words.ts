import { PassThrough } from 'node:stream';
import type { Command } from 'commander';
import { createProgram } from '../../src/cli/program.ts';

/**
 * @returns what the program would not take of these words, as `unroutable` would get them: a command or an option that
 * it does not have. The words are not run.
 */
export function unknownWords(words: readonly string[]): readonly string[] {
  let command: Command = createProgram(
    { stdout: new PassThrough(), stderr: new PassThrough(), env: {}, signal: new AbortController().signal },
    () => undefined,
  );
  const unknown: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? '';
    if (!word.startsWith('-')) {
      const next = command.commands.find((one) => one.name() === word);
      if (next !== undefined) command = next;
      else if (command.registeredArguments.length === 0) unknown.push(word);
      continue;
    }
    const [name = '', value] = word.split('=', 2);
    const option = command.options.find(({ long, short }) => long === name || short === name);
    if (option === undefined && name !== '--help') unknown.push(word);
    else if (option?.required === true && value === undefined) at++;
  }
  return unknown;
}
