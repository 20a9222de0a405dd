import { PassThrough } from 'node:stream';
import { UploadSlots } from '../../src/ingest/upload-slots.js';

describe('UploadSlots', () => {
  it('rejects an upload while all slots are taken, and accepts one when a slot is released', () => {
    const slots = new UploadSlots(2);
    const [first, second, third] = [new PassThrough(), new PassThrough(), new PassThrough()];
    slots.take(first);
    slots.take(second);
    expect(() => slots.take(third)).toThrow(/fill the memory/);
    slots.release(first);
    slots.take(third);
    expect([first.destroyed, second.destroyed]).toEqual([false, false]);
  });

  it('ends the upload that has been silent for the longest time in favour of a new one', () => {
    const slots = new UploadSlots(2, 0);
    const [first, second, third] = [new PassThrough(), new PassThrough(), new PassThrough()];
    slots.take(first);
    slots.take(second);
    slots.touch(first);
    slots.take(third);
    expect([first.destroyed, second.destroyed]).toEqual([false, true]);
  });
});
