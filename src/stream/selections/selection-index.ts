import type { StoredEvent } from '../../event/event.js';
import { type EventSelection, topicPattern } from '../../event/selection.js';
import { PatternIndex } from './pattern-index.js';
import { SourceIndex } from './source-index.js';

/**
 * Finds the selections that include an event, with the same result as the SQL conditions of the store. Looks up topics
 * and sources in maps and patterns in a `PatternIndex`, so that an event is not compared with every selection.
 */
export class SelectionIndex<T> {
  private readonly everything = new SourceIndex<T>();
  private readonly topics = new Map<string, SourceIndex<T>>();
  private readonly patterns = new PatternIndex<SourceIndex<T>>();

  /** Sets the value of a selection. Replaces a previous value. */
  set(selection: EventSelection, value: T): void {
    const { topic, source } = selection;
    const pattern = topicPattern(selection);
    let sources = this.sourcesOf(selection);
    if (!sources) {
      sources = new SourceIndex();
      if (pattern !== undefined) this.patterns.add(pattern, sources);
      else this.topics.set(topic!, sources);
    }
    sources.set(source, value);
  }

  get(selection: EventSelection): T | undefined {
    return this.sourcesOf(selection)?.get(selection.source);
  }

  delete(selection: EventSelection): void {
    const { topic, source } = selection;
    const pattern = topicPattern(selection);
    const sources = this.sourcesOf(selection);
    sources?.delete(source);
    if (!sources?.isEmpty) return;
    if (pattern !== undefined) this.patterns.delete(pattern);
    else if (topic !== undefined) this.topics.delete(topic);
  }

  /** Returns the values of the selections that include the event. */
  match({ topic, source }: Pick<StoredEvent, 'topic' | 'source'>): T[] {
    const values: T[] = [];
    this.everything.match(source, values);
    this.topics.get(topic)?.match(source, values);
    if (this.patterns.size > 0) {
      for (const sources of this.patterns.match(topic)) sources.match(source, values);
    }
    return values;
  }

  private sourcesOf(selection: EventSelection): SourceIndex<T> | undefined {
    const { topic } = selection;
    if (topic === undefined) return this.everything;
    const pattern = topicPattern(selection);
    return pattern === undefined ? this.topics.get(topic) : this.patterns.get(pattern);
  }
}
