import { Command, Option } from 'commander';

/**
 * A command that builds options and actions only for the subcommands that the command line names. Help lists the
 * others. Building all of them takes a tenth of a short run.
 */
export class NamedCommand extends Command {
  readonly #words: readonly string[];

  /** `words`: the command line. The value of an option may look like a command; that only costs a little time. */
  constructor(name: string, words: readonly string[]) {
    super(name);
    this.#words = words;
  }

  override createCommand(name: string): Command {
    return this.#words.includes(name) ? new NamedCommand(name, this.#words) : new Mention(name);
  }
}

/** What the parent command's help shows: name, summary, arguments, and whether there are options. */
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
