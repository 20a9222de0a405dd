import { SelectionQuery } from '../query/selection.query.js';
import { SeqCursor } from '../validation/paging.js';

/** The query string of `GET /events/stream`. */
export class StreamQuery extends SelectionQuery {
  @SeqCursor(
    'Begins after this `seq`: 0 sends every stored event first. If absent, the stream begins with the next event.',
  )
  after?: number;
}
