import { WAL_DOWN } from '../../src/health/health-examples.docs.js';
import { checkClock, checkWal } from '../../src/store/sqlite/store-checks.js';

const MIB = 1024 * 1024;
const lastCheckpointAt = '2026-01-31T11:00:00.000Z';

describe('checkWal', () => {
  it.each([
    [0, 'up'],
    [64 * MIB, 'up'],
    [64 * MIB + 1, 'degraded'],
    [512 * MIB, 'degraded'],
    [512 * MIB + 1, 'down'],
  ])('reports %d bytes as %s', (bytes, status) => {
    expect(checkWal({ bytes, lastCheckpointAt })).toMatchObject({
      name: 'wal',
      status,
      figures: { bytes, last_checkpoint_at: lastCheckpointAt },
    });
  });

  it('reports a failed checkpoint as degraded, whatever the size of the WAL', () => {
    expect(checkWal({ bytes: 0, lastCheckpointAt: null, error: 'disk I/O error' })).toMatchObject({
      status: 'degraded',
      figures: { bytes: 0, last_checkpoint_at: null, error: 'disk I/O error' },
      reason: expect.stringContaining('Checkpoints fail'),
    });
  });

  it('gives a reason only if the status is not up', () => {
    expect(checkWal({ bytes: 0, lastCheckpointAt })).not.toHaveProperty('reason');
    expect(checkWal({ bytes: 65 * MIB, lastCheckpointAt }).reason).toContain('read transaction');
  });

  it('returns the documented example of a WAL that is too large', () => {
    const { bytes, error } = WAL_DOWN.wal;
    const { name, status, figures, reason } = checkWal({ bytes, lastCheckpointAt, error });
    expect({ [name]: { status, ...figures, reason } }).toEqual(WAL_DOWN);
  });
});

describe('checkClock', () => {
  const system_time = '2026-01-31T12:00:00.000Z';

  it.each([
    ['2026-01-31T11:00:00.000Z', 'up'],
    ['2026-01-31T12:01:00.000Z', 'up'],
    ['2026-01-31T12:01:00.001Z', 'degraded'],
    ['9999-12-31T23:59:59.999Z', 'degraded'],
  ])('reports a last event of %s as %s', (last_processed_at, status) => {
    expect(checkClock(last_processed_at, new Date(system_time))).toMatchObject({
      name: 'clock',
      status,
      figures: { system_time, last_processed_at },
    });
  });

  it('reports an empty store as up', () => {
    expect(checkClock('', new Date(system_time))).toEqual({
      name: 'clock',
      status: 'up',
      figures: { system_time, last_processed_at: null },
    });
  });
});
