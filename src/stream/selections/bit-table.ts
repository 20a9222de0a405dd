/** A table of bits with a fixed number of rows. The number of columns grows in words of 32 bits. */
export class BitTable {
  private bits: Int32Array;
  private words = 1;

  constructor(private readonly rows: number) {
    this.bits = new Int32Array(rows);
  }

  /** Makes room for this many columns. */
  reserve(columns: number): void {
    const words = Math.ceil(columns / 32);
    if (words <= this.words) return;
    const wider = new Int32Array(this.rows * words);
    for (let row = 0; row < this.rows; row++) {
      wider.set(this.bits.subarray(row * this.words, (row + 1) * this.words), row * words);
    }
    this.bits = wider;
    this.words = words;
  }

  /** Returns 32 columns of a row as one word. */
  word(row: number, index: number): number {
    return this.bits[row * this.words + index]!;
  }

  set(row: number, column: number): void {
    this.bits[row * this.words + (column >>> 5)]! |= 1 << column;
  }

  clearColumn(column: number): void {
    for (let row = 0; row < this.rows; row++) {
      this.bits[row * this.words + (column >>> 5)]! &= ~(1 << column);
    }
  }
}
