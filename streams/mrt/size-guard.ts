import type { MrtLimits } from './limits.ts';

/** Stops a file that unpacks to more than its bytes can honestly hold. */
export class SizeGuard {
  readonly #limits: MrtLimits;
  #unpacked = 0;
  /** Unpacked bytes whose checksum was found right, from the start of the file. */
  verified = 0;
  /** Which limit was passed, in words. */
  tripped: string | undefined;

  constructor(limits: MrtLimits) {
    this.#limits = limits;
  }

  /** Counts unpacked bytes against the packed ones read so far; false when a limit is passed. */
  add(unpacked: number, packed: number): boolean {
    this.#unpacked += unpacked;
    const { unpackedBytes, ratio, ratioGraceBytes } = this.#limits;
    if (this.#unpacked > unpackedBytes) this.tripped ??= `unpacks to more than ${unpackedBytes} bytes`;
    if (this.#unpacked > ratioGraceBytes && this.#unpacked > ratio * packed) {
      this.tripped ??= `unpacks to more than ${ratio} times its size`;
    }
    return this.tripped === undefined;
  }
}
