import { provesNoFalseVerdict } from './proof.ts';
import { OUTAGE } from './scene.ts';

provesNoFalseVerdict(OUTAGE, [
  '00:10:50 country.unroutable since 00:10:20',
  '00:13:05 country.restored since 00:12:05',
]);
