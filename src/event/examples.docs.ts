/**
 * An event as a publisher sends it. The README does not use its key, so that trying the examples of both causes no
 * conflict.
 */
export const EVENT_EXAMPLE = {
  topic: 'orders',
  event_id: 'order-2001',
  timestamp: '2026-01-31T12:00:00Z',
  source: 'checkout',
  payload: { total: '49.90' },
};

/** Additional events with other keys, for examples of batches. */
export const MORE_EVENT_EXAMPLES = [
  {
    ...EVENT_EXAMPLE,
    event_id: 'order-2002',
    timestamp: '2026-01-31T12:00:02Z',
    payload: { total: '5.00' },
  },
  {
    ...EVENT_EXAMPLE,
    event_id: 'order-2003',
    timestamp: '2026-01-31T12:00:03Z',
    payload: { total: '7.50' },
  },
] as const;

/** `EVENT_EXAMPLE` as the service returns it. */
export const STORED_EVENT_EXAMPLE = {
  seq: 1,
  ...EVENT_EXAMPLE,
  processed_at: '2026-01-31T12:00:00.125Z',
};

/** The key of an event that no example publishes. */
export const MISSING_KEY_EXAMPLE = { topic: 'orders', event_id: 'order-9999' };
