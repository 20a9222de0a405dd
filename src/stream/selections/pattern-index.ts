import { BitTable } from './bit-table.js';
import { SparseBits } from './sparse-bits.js';

/** A topic has 255 characters at most, so 255 dots at most. */
const MAX_LEVELS = 256;

/**
 * Finds the patterns that match a topic. Each pattern has a column. Each level of the topic excludes patterns by one
 * AND over 32 columns at a time. The cost of a lookup is bounded by levels × patterns / 32, whatever the patterns
 * are. 2 000 patterns and 128 levels need 8 000 steps. A trie would visit a node for each pattern and level if
 * patterns mix `*` with the levels of the topic.
 */
export class PatternIndex<T> {
  private readonly columns = new Map<string, number>();
  private readonly values: (T | undefined)[] = [];
  private readonly freeColumns: number[] = [];
  /** Patterns that match topics of this many levels. */
  private readonly byLength = new BitTable(MAX_LEVELS + 1);
  /** Patterns that match anything at this level. */
  private readonly anyLevel = new BitTable(MAX_LEVELS);
  /** Patterns that require this name at this level. */
  private readonly names: Map<string, SparseBits>[] = [];
  private candidates = new Int32Array(1);
  private named = new Int32Array(1);

  get size(): number {
    return this.columns.size;
  }

  get(pattern: string): T | undefined {
    const column = this.columns.get(pattern);
    return column === undefined ? undefined : this.values[column];
  }

  /** Adds a pattern that the index does not have. */
  add(pattern: string, value: T): void {
    const column = this.freeColumns.pop() ?? this.values.length;
    this.columns.set(pattern, column);
    this.values[column] = value;
    this.reserve(column);
    const levels = pattern.split('.');
    const isOpen = levels.at(-1) === '>';
    const fixed = isOpen ? levels.length - 1 : levels.length;
    for (let length = levels.length; length <= (isOpen ? MAX_LEVELS : levels.length); length++) {
      this.byLength.set(length, column);
    }
    for (let level = 0; level < MAX_LEVELS; level++) {
      if (level >= fixed ? isOpen : levels[level] === '*') this.anyLevel.set(level, column);
      else if (level < fixed) this.bitsOf(level, levels[level]!).add(column);
    }
  }

  delete(pattern: string): void {
    const column = this.columns.get(pattern);
    if (column === undefined) return;
    this.columns.delete(pattern);
    this.values[column] = undefined;
    this.freeColumns.push(column);
    this.byLength.clearColumn(column);
    this.anyLevel.clearColumn(column);
    for (const [level, name] of pattern.split('.').entries()) {
      const bits = this.names[level]?.get(name);
      bits?.delete(column);
      if (bits?.isEmpty) this.names[level]!.delete(name);
    }
  }

  /** Returns the values of the patterns that match the topic, in any order. */
  match(topic: string): T[] {
    const levels = topic.split('.');
    const words: number[] = [];
    for (let index = 0; index < this.candidates.length; index++) {
      this.candidates[index] = this.byLength.word(levels.length, index);
      if (this.candidates[index] !== 0) words.push(index);
    }
    for (let level = 0; level < levels.length && words.length > 0; level++) {
      this.exclude(level, levels[level]!, words);
    }
    return words.flatMap((index) => this.valuesAt(index));
  }

  /** Excludes the candidates that do not match this name at this level. Keeps only `words` that are not zero. */
  private exclude(level: number, name: string, words: number[]): void {
    const bits = this.names[level]?.get(name);
    bits?.copyTo(this.named);
    let kept = 0;
    for (const index of words) {
      this.candidates[index]! &= this.named[index]! | this.anyLevel.word(level, index);
      if (this.candidates[index] !== 0) words[kept++] = index;
    }
    words.length = kept;
    bits?.clearFrom(this.named);
  }

  private valuesAt(index: number): T[] {
    const values: T[] = [];
    for (let word = this.candidates[index]!; word !== 0; word &= word - 1) {
      values.push(this.values[index * 32 + 31 - Math.clz32(word & -word)]!);
    }
    return values;
  }

  private reserve(column: number): void {
    const words = this.candidates.length;
    if (column < words * 32) return;
    this.byLength.reserve(words * 64);
    this.anyLevel.reserve(words * 64);
    this.candidates = new Int32Array(words * 2);
    this.named = new Int32Array(words * 2);
  }

  private bitsOf(level: number, name: string): SparseBits {
    while (this.names.length <= level) this.names.push(new Map());
    const names = this.names[level]!;
    let bits = names.get(name);
    if (!bits) names.set(name, (bits = new SparseBits()));
    return bits;
  }
}
