/** `unroutable/ris-live`: elements from RIPE RIS Live, or from another server that speaks its protocol. */
export { RIS_LIVE_URL, risLive, type LiveSource, type RisLiveOptions } from './source.ts';
export type { LiveStats } from './figures.ts';
export type { LiveReport, Report } from './report.ts';
