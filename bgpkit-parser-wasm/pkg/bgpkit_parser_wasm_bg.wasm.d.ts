/* tslint:disable */
/* eslint-disable */
export const memory: WebAssembly.Memory;
export const __wbg_bz2decoder_free: (a: number, b: number) => void;
export const __wbg_mrtdecoder_free: (a: number, b: number) => void;
export const bz2decoder_end: (a: number) => any;
export const bz2decoder_finish: (a: number) => void;
export const bz2decoder_new: () => number;
export const bz2decoder_pull: (a: number, b: number) => any;
export const bz2decoder_push: (a: number, b: number, c: number) => void;
export const bz2decoder_streams: (a: number) => number;
export const mrtdecoder_decode: (a: number, b: number, c: number) => any;
export const mrtdecoder_new: () => number;
export const reasonText: (a: number) => [number, number];
export const __wbindgen_exn_store: (a: number) => void;
export const __externref_table_alloc: () => number;
export const __wbindgen_externrefs: WebAssembly.Table;
export const __wbindgen_malloc: (a: number, b: number) => number;
export const __wbindgen_free: (a: number, b: number, c: number) => void;
export const __wbindgen_start: () => void;
