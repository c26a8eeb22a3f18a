import { openFolder } from './folder.ts';
import { stateStoreContract } from '../../contract/state-store.ts';

stateStoreContract('a folder', () => openFolder(), { runs: 60 });
