/**
 * Returns whether a topic is a pattern. Dots separate the levels of a topic. In a pattern, a level `*` matches any one
 * level, and a last level `>` matches one or more levels, as in NATS subjects: `user.*`, `user.>`.
 */
export function isPattern(topic: string): boolean {
  const levels = topic.split('.');
  return levels.includes('*') || levels.at(-1) === '>';
}

/** Returns whether the pattern matches the topic. */
export function matchesPattern(pattern: string, topic: string): boolean {
  const wanted = pattern.split('.');
  const levels = topic.split('.');
  const below = wanted.at(-1) === '>';
  if (below ? levels.length < wanted.length : levels.length !== wanted.length) return false;
  const fixed = below ? wanted.slice(0, -1) : wanted;
  return fixed.every((level, index) => level === '*' || level === levels[index]);
}
