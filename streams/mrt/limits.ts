/**
 * Limits for one file. Input decides sizes, so each size has a bound. The comment of each says what happens at the
 * bound.
 */
export interface MrtLimits {
  /** Bytes. A header that declares more is damage; nothing is allocated for it. A RIB record of 65,535 entries fits. @default 16 MiB */
  readonly recordBytes: number;
  /** Bytes searched for the next record after damage. Then the rest of the file is not read. @default 32 MiB */
  readonly resyncBytes: number;
  /** Bytes a file may unpack to. The largest RIB dumps unpack to about 5 GB. @default 64 GiB */
  readonly unpackedBytes: number;
  /**
   * Unpacked bytes per packed byte, counted once `ratioGraceBytes` are unpacked. Real MRT packs 3–20 : 1 with gzip and up
   * to 40 : 1 with bzip2; bombs reach 1,000 : 1 and 1,000,000 : 1. @default 200
   */
  readonly ratio: number;
  /** Bytes that may be unpacked before the ratio counts: short files of equal records pack well. @default 16 MiB */
  readonly ratioGraceBytes: number;
}

/** The default limits. */
export const DEFAULT_LIMITS: MrtLimits = {
  recordBytes: 16 * 2 ** 20,
  resyncBytes: 32 * 2 ** 20,
  unpackedBytes: 64 * 2 ** 30,
  ratio: 200,
  ratioGraceBytes: 16 * 2 ** 20,
};
