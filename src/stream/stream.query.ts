import { SelectionQuery } from '../query/selection.query.js';
import { SeqCursor } from '../validation/paging.js';

/** The query string of `GET /events/stream`. */
export class StreamQuery extends SelectionQuery {
  @SeqCursor(
    'Starts the stream after this `seq`. `0` sends every stored event first. If absent, the stream starts with the next event.',
  )
  after?: number;
}
