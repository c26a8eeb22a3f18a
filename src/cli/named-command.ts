import { Command, Option } from 'commander';

/**
 * A command that keeps the options and actions only of those commands that the command line names: the others are listed in a
 * help, and building them all is a tenth of a short run.
 */
export class NamedCommand extends Command {
  readonly #words: readonly string[];

  /** `words`: the command line; a word that is an option's value may be the name of a command, too, and costs little. */
  constructor(name: string, words: readonly string[]) {
    super(name);
    this.#words = words;
  }

  override createCommand(name: string): Command {
    return this.#words.includes(name) ? new NamedCommand(name, this.#words) : new Mention(name);
  }
}

/** What the help of the command above tells of a command: its name, its summary, its arguments, and whether it has options. */
class Mention extends Command {
  override createCommand(name: string): Command {
    return new Mention(name);
  }

  override option(): this {
    return this.addOption();
  }

  override addOption(): this {
    return this.options.length === 0 ? super.addOption(new Option('--any')) : this;
  }

  override action(): this {
    return this;
  }
}
