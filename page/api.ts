import type { Answers } from '../src/http/answers.ts';

export type { Answers };

/** The verdict on one territory and family. */
export type Verdict = Answers['verdict']['verdicts'][number];
/** An incident in the list. */
export type Listed = Answers['incidents']['incidents'][number];

/** The reason why a request was refused. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

/** Sends one request to the API. @throws Refused with the API's reason. */
export async function ask<Name extends keyof Answers>(
  name: Name,
  asked: Readonly<Record<string, string>> = {},
): Promise<Answers[Name]> {
  const query = new URLSearchParams(asked).toString();
  return (await answerOf(`${name}${query === '' ? '' : `?${query}`}`)) as Answers[Name];
}

/** One incident, with more fields than in the list. @throws Refused with the API's reason. */
export async function askIncident(id: string): Promise<Answers['incident']> {
  return (await answerOf(`incidents/${encodeURIComponent(id)}`)) as Answers['incident'];
}

async function answerOf(path: string): Promise<object> {
  const response = await fetch(`/api/v1/${path}`);
  const answer = (await response.json()) as object | { readonly error: string };
  if (!response.ok) throw new Refused('error' in answer ? answer.error : `status ${response.status}`);
  return answer;
}
