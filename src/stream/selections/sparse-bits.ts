/** A set of numbers as a sparse bitmap. Stores only the 32-bit words that are not zero. */
export class SparseBits {
  /** Indexes of the stored words, in any order. */
  private readonly indexes: number[] = [];
  private readonly words: number[] = [];

  get isEmpty(): boolean {
    return this.words.length === 0;
  }

  add(number: number): void {
    const index = number >>> 5;
    const at = this.indexes.indexOf(index);
    if (at >= 0) this.words[at]! |= 1 << number;
    else {
      this.indexes.push(index);
      this.words.push(1 << number);
    }
  }

  delete(number: number): void {
    const at = this.indexes.indexOf(number >>> 5);
    if (at < 0 || (this.words[at]! &= ~(1 << number)) !== 0) return;
    const [index, word] = [this.indexes.pop()!, this.words.pop()!];
    if (at === this.words.length) return;
    this.indexes[at] = index;
    this.words[at] = word;
  }

  /** Copies the stored words to their indexes in `target`. */
  copyTo(target: Int32Array): void {
    for (let at = 0; at < this.words.length; at++) target[this.indexes[at]!] = this.words[at]!;
  }

  /** Sets the words at these indexes of `target` to zero. */
  clearFrom(target: Int32Array): void {
    for (const index of this.indexes) target[index] = 0;
  }
}
