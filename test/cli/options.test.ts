import { UsageError } from '../../src/cli/command.js';
import { readOptions } from '../../src/cli/simulate/options.js';

describe('the options of the simulator', () => {
  it('have defaults', () => {
    expect(readOptions([])).toEqual({
      urls: [new URL('http://127.0.0.1:8080/')],
      events: 5_000,
      repeats: 1_000,
      batch: 1,
      concurrency: 50,
      topics: 5,
      seed: expect.any(Number),
      key: undefined,
    });
  });

  it('keep the path of the URL', () => {
    expect(readOptions(['--url', 'https://proxy.example/events'])).toMatchObject({
      urls: [new URL('https://proxy.example/events/')],
    });
  });

  it('have the URL of each replica', () => {
    expect(readOptions(['--url', 'http://a.example:1, http://b.example:2/x'])).toMatchObject({
      urls: [new URL('http://a.example:1/'), new URL('http://b.example:2/x/')],
    });
  });

  it.each([
    ['--events 0', '--events 0: must be a whole number from 1'],
    ['--events 1e3', '--events 1e3: must be a whole number'],
    ['--batch 10001', '--batch 10001: must be a whole number from 1 to 10000'],
    ['--duplicates 1', '--duplicates 1: must be a fraction from 0 to less than 1'],
    ['--duplicates=', 'must be a fraction'],
    ['--duplicates 0.9 --events 2', 'leaves no event to repeat'],
    ['--seed 4294967296', '--seed 4294967296'],
    ['--url ftp://example', '--url ftp://example: must be an address'],
    ['--url http://a.example,https://b.example', 'several with the same scheme'],
    ['--url http://a.example,', 'must be an address'],
    ['--unknown', '--unknown'],
  ])('are rejected if they are %s', (args, message) => {
    expect(() => readOptions(args.split(' '))).toThrow(UsageError);
    expect(() => readOptions(args.split(' '))).toThrow(message);
  });

  it('are rejected with one line for each invalid option', () => {
    const read = () => readOptions('--events 0 --batch 0 --topics 0'.split(' '));
    expect(read).toThrow(/^--events 0.*\n--batch 0.*\n--topics 0.*$/);
  });
});
