declare module 'proxy-from-env' {
  /** The proxy that the environment names for this URL; empty where there is none, or NO_PROXY has its host. */
  export function getProxyForUrl(url: string): string;
}
