/** Ascending numbers as runs, `0-3 7 9-12`: short if they are consecutive. */
export function runsText(numbers: readonly number[]): string {
  const runs: string[] = [];
  for (let i = 0; i < numbers.length;) {
    let end = i;
    while (end + 1 < numbers.length && numbers[end + 1] === (numbers[end] ?? 0) + 1) end++;
    runs.push(end === i ? `${numbers[i]}` : `${numbers[i]}-${numbers[end]}`);
    i = end + 1;
  }
  return runs.join(' ');
}

/**
 * Reads the numbers back.
 *
 * @param end all numbers are below it.
 * @throws Error when the text has another form.
 */
export function runsFrom(text: string, end: number): number[] {
  const numbers: number[] = [];
  for (const run of text === '' ? [] : text.split(' ')) {
    const [, first, last = first] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(run) ?? [];
    const [from, to] = [Number(first), Number(last)];
    if (!(from <= to && to < end && from > (numbers.at(-1) ?? -1))) throw new Error(`${run} is not a run of units`);
    for (let i = from; i <= to; i++) numbers.push(i);
  }
  return numbers;
}
