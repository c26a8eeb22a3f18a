/** `unroutable/mrt`: elements from MRT files (RFC 6396) of RIPE RIS, Route Views and others. */
export {
  planMrt,
  type CollectorPlan,
  type MrtPlan,
  type MrtPlanned,
  type MrtPlanOptions,
  type Refusal,
} from './archive.ts';
export type { PlannedFile } from './planned-file.ts';
export { mrtSource, type MrtSourceOptions } from './source.ts';
export type * from './report.ts';
