import type { IncomingHttpHeaders } from 'node:http';
import {
  checkAttributes,
  checkCloudEvent,
  type PointerTo,
  REQUIRED_ATTRIBUTES,
} from './check-cloud-event.js';
import type { EventFormat } from './check-event.js';

const STRUCTURED_MODE = /^application\/cloudevents(-batch)?\+json/i;
const BINARY_MODE_HEADERS = REQUIRED_ATTRIBUTES.map((name) => `ce-${name}`);

/**
 * Detects CloudEvents in any of the three content modes of the HTTP binding 1.0, and returns their form. Returns
 * undefined if the request uses none of these modes.
 */
export function cloudEventFormat(headers: IncomingHttpHeaders): EventFormat | undefined {
  const structured = STRUCTURED_MODE.exec(headers['content-type'] ?? '');
  if (structured) {
    const [, batch] = structured;
    return { contains: batch ? 'array' : 'one', check: checkCloudEvent };
  }
  // In binary mode, the attributes are headers and the body is the data.
  if (!BINARY_MODE_HEADERS.some((name) => headers[name] !== undefined)) return undefined;
  const pointerTo: PointerTo = (attribute) => (attribute === 'data' ? '' : `ce-${attribute}`);
  const sent = attributesIn(headers);
  const decoded = Object.fromEntries(Object.entries(sent).map(([name, value]) => [name, decode(value)]));
  return {
    contains: 'one',
    mayBeEmpty: true,
    check: (data) => checkAttributes({ ...decoded, data }, '', pointerTo, { ...sent, data }),
  };
}

function attributesIn(headers: IncomingHttpHeaders): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith('ce-') && typeof value === 'string') attributes[name.slice(3)] = value;
  }
  return attributes;
}

/**
 * Decodes a header value. Removes the quotes before it decodes the percent-encoding (HTTP binding, section 3.1.3.2).
 */
function decode(header: string): string {
  const text = /^".*"$/.test(header) ? header.slice(1, -1).replaceAll(/\\(.)/g, '$1') : header;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
