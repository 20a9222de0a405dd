import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type ProcessedBatch, ProcessedEvents } from '../consumer/processed-events.js';
import { type EventSelection, isSelected } from '../store/event-filter.js';
import { type EventJson, toEventJson } from '../store/event-json.js';
import { Store } from '../store/store.js';
import { asServerSentEvent } from './server-sent-event.js';

/** What is kept of the newest events. Subscribers further behind read from the store, in pages. */
const MAX_BYTES = 4 * 1024 * 1024;

/** A part of a stream, and the seq that whoever has been sent it has reached. */
export interface StreamText {
  /** UTF-8. */
  readonly text: Buffer;
  readonly seq: number;
}

/**
 * The newest events, shared by all live subscribers, so that following costs the store nothing. Kept only
 * while somebody follows. seqs have no holes, so where an event stands follows from its seq.
 */
@Injectable()
export class LiveWindow implements OnModuleInit {
  /** The highest seq announced. */
  lastSeq = 0;
  private events: EventJson[] = [];
  private bytes = 0;
  private wanted = false;
  private readonly texts = new Map<string, StreamText>();
  private textsBytes = 0;

  constructor(
    private readonly store: Store,
    private readonly processed: ProcessedEvents,
  ) {}

  async onModuleInit(): Promise<void> {
    this.processed.subscribe((batch) => this.add(batch));
    this.lastSeq = await this.store.lastSeq();
  }

  /** Whether anybody follows; if not, nothing is kept. */
  keep(wanted: boolean): void {
    this.wanted = wanted;
    if (wanted) return;
    this.events = [];
    this.bytes = 0;
    this.forgetTexts();
  }

  /** Whether everything after this seq is here. */
  reaches(seq: number): boolean {
    return seq >= this.lastSeq - this.events.length;
  }

  /**
   * The selected events after a seq that the window reaches, as the text of a stream, up to about `maxBytes`,
   * and the seq to which it goes. Most subscribers stand at the same seq and want the same: it is written once, as
   * bytes, which the sockets of all of them share.
   */
  textAfter(seq: number, selection: EventSelection, maxBytes: number): StreamText {
    const { topic, match, source } = selection;
    const key = JSON.stringify([seq, topic, match, source]);
    let answer = this.texts.get(key);
    if (!answer) {
      answer = this.writeText(seq, selection, maxBytes);
      this.textsBytes += answer.text.length + key.length;
      if (this.textsBytes > MAX_BYTES) this.forgetTexts();
      this.texts.set(key, answer);
    }
    return answer;
  }

  private forgetTexts(): void {
    this.texts.clear();
    this.textsBytes = 0;
  }

  private writeText(seq: number, selection: EventSelection, maxBytes: number): StreamText {
    let text = '';
    const first = this.lastSeq - this.events.length;
    for (let index = Math.max(seq - first, 0); index < this.events.length; index++) {
      const event = this.events[index]!;
      seq = event.seq;
      if (isSelected(selection, event)) text += asServerSentEvent(event);
      if (text.length >= maxBytes) break;
    }
    return { text: Buffer.from(text), seq };
  }

  private add({ events, verdicts, lastSeq, processedAt: processed_at }: ProcessedBatch): void {
    this.lastSeq = lastSeq;
    this.forgetTexts();
    if (!this.wanted) return;
    for (const [index, event] of events.entries()) {
      const { outcome, seq } = verdicts[index]!;
      if (outcome !== 'stored') continue;
      const stored = toEventJson({ ...event, seq, processed_at });
      this.events.push(stored);
      this.bytes += stored.json.length;
    }
    let old = 0;
    while (this.bytes > MAX_BYTES) this.bytes -= this.events[old++]!.json.length;
    if (old > 0) this.events = this.events.slice(old);
  }
}
