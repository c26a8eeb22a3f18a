import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DockerfileParser, From, ModifiableInstruction, PropertyInstruction } from 'dockerfile-ast';
import { ROOT } from '../support/cli.ts';

/** One instruction, with what it says taken apart. */
export interface Step {
  readonly keyword: string;
  /** `--chown=1000:1000` as `chown` to `1000:1000`. */
  readonly flags: Readonly<Record<string, string>>;
  /** All that follows the flags, its lines joined. */
  readonly text: string;
  /** Of ENV, LABEL and ARG: names to values. */
  readonly properties: Readonly<Record<string, string>>;
}

export interface Stage {
  readonly name: string | undefined;
  /** With the build arguments' defaults put in. */
  readonly image: string;
  readonly steps: readonly Step[];
}

export const DOCKERFILE = readFileSync(join(ROOT, 'Dockerfile'), 'utf8');

/** The stages in their order; the last one is the image. */
export function stagesOf(dockerfile: string): readonly Stage[] {
  const parsed = DockerfileParser.parse(dockerfile);
  const defaults = Object.fromEntries(
    parsed.getInitialARGs().map((arg) => [arg.getProperty()?.getName() ?? '', arg.getProperty()?.getValue() ?? '']),
  );
  const stages: { name: string | undefined; image: string; steps: Step[] }[] = [];
  for (const instruction of parsed.getInstructions()) {
    if (instruction instanceof From) {
      const image = (instruction.getImage() ?? '').replace(/\$\{(\w+)\}/g, (_, name: string) => defaults[name] ?? '');
      stages.push({ name: instruction.getBuildStage() ?? undefined, image, steps: [] });
      continue;
    }
    stages.at(-1)?.steps.push({
      keyword: instruction.getKeyword(),
      flags: flagsOf(instruction),
      text: (instruction.getArgumentsContent() ?? '').replace(/^(?:--\S+\s+)+/, ''),
      properties: propertiesOf(instruction),
    });
  }
  return stages;
}

/** The last instruction of its kind: the one that counts. */
export function lastOf(stage: Stage, keyword: string): Step | undefined {
  return stage.steps.findLast((step) => step.keyword === keyword);
}

/** @returns the words of `["a", "b"]`, or `undefined` in shell form, where a shell would come before the program. */
export function execForm(text: string): readonly string[] | undefined {
  if (!text.startsWith('[')) return undefined;
  const words = JSON.parse(text) as unknown;
  return Array.isArray(words) && words.every((word) => typeof word === 'string') ? words : undefined;
}

/** What ENV leaves in the image. */
export function environmentOf(stage: Stage): Readonly<Record<string, string>> {
  const all = stage.steps.filter(({ keyword }) => keyword === 'ENV').map(({ properties }) => properties);
  return Object.assign({}, ...all) as Record<string, string>;
}

function flagsOf(instruction: unknown): Readonly<Record<string, string>> {
  if (!(instruction instanceof ModifiableInstruction)) return {};
  return Object.fromEntries(instruction.getFlags().map((flag) => [flag.getName(), flag.getValue() ?? '']));
}

function propertiesOf(instruction: unknown): Readonly<Record<string, string>> {
  if (!(instruction instanceof PropertyInstruction)) return {};
  return Object.fromEntries(instruction.getProperties().map((one) => [one.getName(), one.getValue() ?? '']));
}
