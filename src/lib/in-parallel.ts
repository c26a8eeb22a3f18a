/**
 * Runs `work` for each value, at most `atOnce` at a time. Returns the results in the order of the values. The first
 * error ends it.
 */
export async function inParallel<T, R>(
  values: readonly T[],
  atOnce: number,
  work: (value: T, index: number) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  const rest = values.entries();
  const lane = async (): Promise<void> => {
    for (const [i, value] of rest) results[i] = await work(value, i);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, values.length) }, lane));
  return results;
}
