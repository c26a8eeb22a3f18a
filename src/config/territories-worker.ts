/** The entry of a thread that reads one large territories file (territories-apart.ts). */
import { parentPort, workerData } from 'node:worker_threads';
import type { TerritoriesText } from './territories-apart.ts';
import { parseTerritories } from './territories-file.ts';

const { text, file, defaults } = workerData as TerritoriesText;
parentPort?.postMessage(parseTerritories(text, file, defaults));
