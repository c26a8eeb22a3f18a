/** `unroutable/mrt`: elements from MRT files (RFC 6396) of RIPE RIS, Route Views and others. */
export {
  planMrt,
  type CollectorPlan,
  type MrtPlan,
  type MrtPlanned,
  type MrtPlanOptions,
  type Refusal,
} from './archive/archive.ts';
export type { PlannedFile } from './archive/planned-file.ts';
export { mrtSource, type MrtSourceOptions } from './source.ts';
export type * from './play/report.ts';
