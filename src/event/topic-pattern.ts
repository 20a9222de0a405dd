/**
 * Returns whether a topic is a pattern, such as `user.*` or `user.>`. Dots separate the levels of a topic. As in NATS
 * subjects, the level `*` matches exactly one level, and `>` as the last level matches one or more levels.
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

/** Returns whether the pattern matches every topic that the other pattern matches. */
export function coversPattern(pattern: string, other: string): boolean {
  const outer = pattern.split('.');
  const inner = other.split('.');
  for (const [index, level] of outer.entries()) {
    if (level === '>' && index === outer.length - 1) return inner.length > index;
    const innerLevel = inner[index];
    if (innerLevel === undefined || (innerLevel === '>' && index === inner.length - 1)) return false;
    if (level !== '*' && level !== innerLevel) return false;
  }
  return inner.length === outer.length;
}
