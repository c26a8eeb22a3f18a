/** The code of an error: it is short and never contains a URL. If several addresses failed, the code of each. */
export function errorText(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return [...new Set(error.errors.map(errorText))].join(', ');
  }
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
