/** The code, which is short and never holds a URL; of several addresses that failed, each one's. */
export function errorText(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return [...new Set(error.errors.map(errorText))].join(', ');
  }
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
