import { newEvents } from '../harness/new-event.js';
import { PendingSubmission } from '../../src/queue/pending-submission.js';
import { WaitingLine } from '../../src/queue/waiting-line.js';

const BATCH_MAX_EVENTS = 100;

function aSubmission(name: string, size = 1, awaited = true): PendingSubmission {
  return new PendingSubmission(newEvents(size, { topic: name }), size, awaited);
}

describe('WaitingLine', () => {
  let line: WaitingLine;
  beforeEach(() => (line = new WaitingLine(BATCH_MAX_EVENTS)));

  const push = (...submissions: PendingSubmission[]) => submissions.forEach((one) => line.push(one));
  const take = (room = BATCH_MAX_EVENTS, alone = true) => names(line.takeBatch(room, alone));
  const names = (submissions: PendingSubmission[]) => submissions.map(({ events }) => events[0]!.topic);

  it('takes submissions in order, as many as fit', () => {
    push(aSubmission('a', 40), aSubmission('b', 60), aSubmission('c', 1, false));
    expect(take()).toEqual(['a', 'b']);
    expect(take()).toEqual(['c']);
    expect(take()).toEqual([]);
  });

  it('lets small awaited submissions overtake a large one once', () => {
    push(aSubmission('large 1', 100), aSubmission('large 2', 100), aSubmission('unawaited', 1, false));
    push(aSubmission('early'));
    expect(take()).toEqual(['early']);
    push(aSubmission('late'));
    expect(take()).toEqual(['large 1']);
    expect(take()).toEqual(['late']);
    expect(take()).toEqual(['large 2']);
    expect(take()).toEqual(['unawaited']);
  });

  it('treats a single event as small, however small a batch is', () => {
    line = new WaitingLine(1);
    push(aSubmission('unawaited 1', 1, false), aSubmission('unawaited 2', 1, false), aSubmission('single'));
    expect([take(1), take(1), take(1)]).toEqual([['single'], ['unawaited 1'], ['unawaited 2']]);
  });

  it('takes a submission larger than a batch without any other', () => {
    push(aSubmission('huge', 150), aSubmission('b', 2));
    expect(line.fits(BATCH_MAX_EVENTS)).toBe(false);
    expect(take(50, false)).toEqual([]);
    expect(take()).toEqual(['huge']);
    expect(take()).toEqual(['b']);
  });

  it('puts failed submissions back to the front', () => {
    push(aSubmission('c', 2));
    line.putBack([aSubmission('a', 2), aSubmission('b', 2)]);
    expect(take()).toEqual(['a', 'b', 'c']);
  });

  it('removes all awaited submissions at once', () => {
    push(aSubmission('small'), aSubmission('large', 50), aSubmission('kept', 50, false));
    expect(names(line.takeAwaited())).toEqual(['small', 'large']);
    expect(line.length).toBe(1);
    expect(take()).toEqual(['kept']);
  });
});
