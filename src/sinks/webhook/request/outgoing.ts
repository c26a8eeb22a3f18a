/** One HTTP request, ready to go. */
export interface Outgoing {
  readonly url: string;
  readonly method: 'POST' | 'PUT' | 'PATCH';
  /** Without `host`, `content-length` and `connection`, which are set when sending. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}
