/** A growable byte run that is written from front to back and used again: encoders reserve, write with base/bytes.ts, advance. */
export class ByteBuffer {
  bytes: Uint8Array;
  dv: DataView;
  length = 0;

  constructor(capacityBytes = 256) {
    this.bytes = new Uint8Array(capacityBytes);
    this.dv = new DataView(this.bytes.buffer);
  }

  /** Makes room for `count` more bytes; `bytes` and `dv` may be replaced. */
  reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + count));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
    this.dv = new DataView(grown.buffer);
  }
  /** A copy of what has been written. */
  toBytes(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }
}
