/** The values of selections that differ only in their source. */
export class SourceIndex<T> {
  /** Values by source. The key `undefined` belongs to the selection of every source. */
  private readonly values = new Map<string | undefined, T>();

  get isEmpty(): boolean {
    return this.values.size === 0;
  }

  get(source: string | undefined): T | undefined {
    return this.values.get(source);
  }

  set(source: string | undefined, value: T): void {
    this.values.set(source, value);
  }

  delete(source: string | undefined): void {
    this.values.delete(source);
  }

  /** Appends the values of the selections that include events of this source. */
  match(source: string, values: T[]): void {
    const [any, own] = [this.values.get(undefined), this.values.get(source)];
    if (any !== undefined) values.push(any);
    if (own !== undefined) values.push(own);
  }
}
