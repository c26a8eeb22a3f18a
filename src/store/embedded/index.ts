/** `unroutable/store/embedded`: a StateStore in a folder of this machine. */
export { openEmbedded, type EmbeddedFault, type EmbeddedOptions, type OpenedEmbedded } from './open.ts';
