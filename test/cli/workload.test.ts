import fc from 'fast-check';
import { Workload } from '../../src/cli/simulate/workload.js';

const anyOptions = fc
  .record({ events: fc.integer({ min: 1, max: 500 }), share: fc.double({ min: 0, max: 0.99, noNaN: true }) })
  .chain(({ events, share }) =>
    fc.record({
      events: fc.constant(events),
      repeats: fc.constant(Math.min(events - 1, Math.round(events * share))),
      topics: fc.integer({ min: 1, max: 20 }),
      seed: fc.nat(),
    }),
  );

describe('the workload of the simulator', () => {
  it('contains the distinct events in the order of their numbers, and exactly the configured number of repeats', () => {
    fc.assert(
      fc.property(anyOptions, fc.integer({ min: 1, max: 60 }), (options, length) => {
        const workload = new Workload(options);
        const batches = [...workload.batches(length)];
        const numbers = batches.flat();
        expect(numbers).toHaveLength(options.events);
        const firsts = [...new Set(numbers)];
        expect(firsts).toEqual(Array.from({ length: workload.distinct }, (_, number) => number));
        expect(numbers.length - firsts.length).toBe(options.repeats);
        expect(batches.slice(0, -1).every((batch) => batch.length === length)).toBe(true);
      }),
    );
  });

  it('returns the same event for a number at every call, with one of the configured topics', () => {
    fc.assert(
      fc.property(anyOptions, (options) => {
        const workload = new Workload(options);
        const number = workload.distinct - 1;
        const event = workload.event(number);
        expect(workload.event(number)).toEqual(event);
        const topic = Number(/^simulated-(\d+)$/.exec(event.topic)![1]);
        expect(topic >= 1 && topic <= options.topics).toBe(true);
      }),
    );
  });

  it('repeats topics and payloads for the same seed, under new event ids', () => {
    const options = { events: 50, repeats: 10, topics: 5, seed: 7 };
    const [first, second] = [new Workload(options), new Workload(options)];
    expect([...first.batches(7)]).toEqual([...second.batches(7)]);
    for (let number = 0; number < first.distinct; number++) {
      const { topic, payload, event_id } = first.event(number);
      expect(second.event(number)).toMatchObject({ topic, payload });
      expect(second.event(number).event_id).not.toBe(event_id);
    }
  });
});
