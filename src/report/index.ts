/** `unroutable/report`: events as sentences, CSV and JSON. Pure. */
export { clocksFor } from './clocks.ts';
export type { Clocks } from './phrases.ts';
export { CSV_COLUMNS, csvHeader, csvRow } from './csv.ts';
export { replayJson, type InputFile, type ReplayDocument } from './json.ts';
export { jsonText } from './printable.ts';
export { lastIncidents, type ReportedIncident, type VerdictSpan, type VerdictTimeline } from './verdicts.ts';
export { sentence } from './words.ts';
