import { provesNoFalseVerdict } from './proof.ts';
import { DUMP } from './scene.ts';

provesNoFalseVerdict(DUMP, []);
