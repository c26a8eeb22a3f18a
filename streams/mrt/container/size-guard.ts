import type { MrtLimits } from '../limits.ts';

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
