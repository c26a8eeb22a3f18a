/** The kind of a piece of text, for its colour. The words always say the same as the colour. */
export type Tone = 'plain' | 'dim' | 'strong' | 'good' | 'warn' | 'bad' | 'blind';

/** Colours a text for the terminal. */
export type Paint = (tone: Tone, text: string) => string;

/** SGR parameters (ECMA-48 8.3.117): only the eight colours that every terminal has, in the user's palette. */
const CODES: Readonly<Record<Tone, string>> = {
  plain: '',
  dim: '2',
  strong: '1',
  good: '32',
  warn: '33',
  bad: '31;1',
  blind: '35',
};

/** Leaves the text as it is. */
export const noPaint: Paint = (_tone, text) => text;

/** Colours the text with ANSI escape codes. */
export const colours: Paint = (tone, text) => {
  const code = CODES[tone];
  return code === '' || text === '' ? text : `\u001b[${code}m${text}\u001b[0m`;
};
