import { Injectable, type OnModuleInit } from '@nestjs/common';
import { type ProcessedBatch, ProcessedEvents } from '../consumer/commits.js';
import { type EventSelection, isSelected } from '../event/selection.js';
import { Store } from '../store/store.js';
import { type EventJson, toEventJson, toServerSentEvent } from '../event/event-json.js';

/** What is kept of the newest events. Subscribers further behind read from the store, in pages. */
const MAX_BYTES = 4 * 1024 * 1024;
/** Of an event, about. */
const BYTES_BESIDE_PAYLOAD = 200;

/** A part of a stream, and the seq that whoever has been sent it has reached. */
export interface StreamText {
  /** UTF-8. */
  readonly text: Buffer;
  readonly seq: number;
}

/** What one commit stored. */
interface Recent {
  readonly batch: ProcessedBatch;
  /** Events stored, the last of them with the batch's `lastSeq`. */
  readonly count: number;
  readonly bytes: number;
  /** Made when the first subscriber asks. */
  events?: EventJson[];
}

/**
 * The newest events, shared by all live subscribers, so that following costs the store nothing. Kept only
 * while somebody follows. seqs have no holes, so where an event stands follows from its seq.
 */
@Injectable()
export class LiveWindow implements OnModuleInit {
  /** The highest seq announced. */
  lastSeq = 0;
  private recent: Recent[] = [];
  private count = 0;
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
    this.recent = [];
    this.count = 0;
    this.bytes = 0;
    this.forgetTexts();
  }

  /** Whether everything after this seq is here. */
  reaches(seq: number): boolean {
    return seq >= this.lastSeq - this.count;
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
      if (this.textsBytes > MAX_BYTES) this.forgetTexts();
      this.textsBytes += answer.text.length + key.length;
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
    const first = this.recent.findIndex(({ batch }) => batch.lastSeq > seq);
    for (const recent of first < 0 ? [] : this.recent.slice(first)) {
      recent.events ??= eventsOf(recent.batch);
      for (const event of recent.events) {
        if (event.seq <= seq) continue;
        seq = event.seq;
        if (isSelected(selection, event)) text += toServerSentEvent(event);
        if (text.length >= maxBytes) return { text: Buffer.from(text), seq };
      }
    }
    return { text: Buffer.from(text), seq };
  }

  private add(batch: ProcessedBatch): void {
    const count = batch.lastSeq - this.lastSeq;
    this.lastSeq = batch.lastSeq;
    this.forgetTexts();
    if (!this.wanted || count === 0) return;
    const bytes = batch.events.reduce((sum, { payload }) => sum + payload.length + BYTES_BESIDE_PAYLOAD, 0);
    this.recent.push({ batch, count, bytes });
    this.count += count;
    this.bytes += bytes;
    while (this.bytes > MAX_BYTES) {
      const oldest = this.recent.shift()!;
      this.count -= oldest.count;
      this.bytes -= oldest.bytes;
    }
  }
}

function eventsOf({ events, verdicts, processedAt: processed_at }: ProcessedBatch): EventJson[] {
  const stored: EventJson[] = [];
  for (const [index, event] of events.entries()) {
    const { outcome, seq } = verdicts[index]!;
    if (outcome === 'stored') stored.push(toEventJson({ ...event, seq, processed_at }));
  }
  return stored;
}
