import type { MrtLimits } from '../limits.ts';

/** Stops a file that unpacks to implausibly many bytes (a decompression bomb). */
export class SizeGuard {
  readonly #limits: MrtLimits;
  #unpacked = 0;
  /** Unpacked bytes from the start of the file whose checksum is verified. */
  verified = 0;
  /** Which limit was passed, in words. */
  tripped: string | undefined;

  constructor(limits: MrtLimits) {
    this.#limits = limits;
  }

  /** Whether `add` would pass a limit with these. */
  allows(unpacked: number, packed: number): boolean {
    return this.#passed(this.#unpacked + unpacked, packed) === undefined;
  }

  /** Counts unpacked bytes against the packed ones read so far; false when a limit is passed. */
  add(unpacked: number, packed: number): boolean {
    this.#unpacked += unpacked;
    this.tripped ??= this.#passed(this.#unpacked, packed);
    return this.tripped === undefined;
  }

  #passed(unpacked: number, packed: number): string | undefined {
    const { unpackedBytes, ratio, ratioGraceBytes } = this.#limits;
    if (unpacked > unpackedBytes) return `unpacks to more than ${unpackedBytes} bytes`;
    const isBomb = unpacked > ratioGraceBytes && unpacked > ratio * packed;
    return isBomb ? `unpacks to more than ${ratio} times its size` : undefined;
  }
}
