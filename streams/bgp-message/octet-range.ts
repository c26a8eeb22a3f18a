/** The octets `bytes[from..to)`. */
export interface OctetRange {
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
}
