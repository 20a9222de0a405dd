/** Members that the beginning of a line shows. */
const SHOWN = new Set(['level', 'time', 'msg', 'context', 'err']);
const COLORS: Readonly<Record<string, string>> = {
  warn: '\u001b[33m',
  error: '\u001b[31m',
  fatal: '\u001b[31m',
};
const RESET = '\u001b[0m';

interface Line {
  readonly level: string;
  readonly time: string;
  readonly msg?: string;
  readonly context?: string;
  readonly err?: { readonly stack?: string };
}

/**
 * Formats a line of JSON for people: time, level, context, message, and other members as `name=value`. Control
 * characters in values stay escaped, so that they cannot forge a line.
 */
export function pretty(json: string, colored: boolean): string {
  const line = JSON.parse(json) as Line;
  const level = line.level.toUpperCase().padEnd(5);
  const color = colored ? COLORS[line.level] : undefined;
  const members = Object.entries(line)
    .filter(([name]) => !SHOWN.has(name))
    .map(([name, value]) => `${name}=${formatValue(value)}`);
  const parts = [
    line.time,
    color ? `${color}${level}${RESET}` : level,
    ...(line.context ? [`${line.context}:`] : []),
    line.msg ?? '',
    ...members,
  ];
  return `${parts.join(' ')}${line.err?.stack ? `\n${line.err.stack}` : ''}\n`;
}

function formatValue(value: unknown): string {
  const text = JSON.stringify(value);
  return typeof value === 'string' && /^[\w.:/@+-]+$/.test(value) ? value : text;
}
