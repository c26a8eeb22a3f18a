/** `192.0.2.1:53`, `[2001:db8::1]:53`: a host and its port as a URL writes them (RFC 3986 section 3.2). */
export function hostPort(host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}
