import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadConfig } from '../../src/config.js';
import { codeBlocksOf, PROJECT, readDocument, stepsOf } from '../harness/code-blocks.js';
import { Service } from '../harness/service.js';

const MAX_COLUMNS = 100;
const TAB = '    ';
const MAX_README_LINES = 150;
const DOCUMENTS = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'bench/README.md',
  ...readdirSync(join(PROJECT, 'docs')).map((name) => `docs/${name}`),
];

/** Times and durations differ from run to run. */
const VARIABLE = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z|(?<="uptime": ?)[\d.]+/g;

/** Runs the steps of a session in one bash, in order; returns what each printed. */
function run(commands: readonly string[], url: string): string[] {
  const separator = '\u001e';
  const script = commands.map((command) => `${command}printf '${separator}'\n`).join('');
  const { stdout, stderr } = spawnSync(
    'bash',
    ['-c', script.replaceAll('localhost:8080', new URL(url).host)],
    {
      encoding: 'utf8',
    },
  );
  expect(stderr).toBe('');
  return stdout.split(separator).slice(0, -1);
}

describe('The README', () => {
  it('has at most 150 lines', () => {
    expect(readDocument('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(MAX_README_LINES);
  });

  it('lists every variable of the configuration with its default', () => {
    const rows = [...readDocument('README.md').matchAll(/^\| `([A-Z_]+)` +\| (\S+) +\|/gm)];
    const documented = rows.map(([, name, value]) => [name, value!.replaceAll('`', '')]);
    const defaults = Object.entries(loadConfig({})).map(([name, value]) => [name, String(value) || 'none']);
    expect(documented).toEqual(defaults);
  });
});

describe.each(DOCUMENTS)('%s', (path) => {
  it('has no line of code longer than 100 columns', () => {
    const tooLong = codeBlocksOf(path).flatMap(({ line, lines }) =>
      lines.flatMap((text, index) =>
        text.replaceAll('\t', TAB).length > MAX_COLUMNS ? [`${path}:${line + index}`] : [],
      ),
    );
    expect(tooLong).toEqual([]);
  });

  it('links only to files that exist', () => {
    const targets = [...readDocument(path).matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(
      ([, target]) => target!,
    );
    expect(targets.filter((target) => !existsSync(join(PROJECT, dirname(path), target)))).toEqual([]);
  });
});

describe('Shell sessions', () => {
  const withSessions = DOCUMENTS.filter((path) =>
    codeBlocksOf(path).some((block) => stepsOf(block).length > 0),
  );

  it.each(withSessions)('print in order what %s shows', async (path) => {
    const steps = codeBlocksOf(path).flatMap(stepsOf);
    const service = await Service.start();
    const printed = run(
      steps.map(({ command }) => command),
      service.url,
    );
    const normal = (text: string) => text.trim().replaceAll(VARIABLE, '…');
    expect(steps.map(({ command }, index) => `${command}${normal(printed[index] ?? '')}`)).toEqual(
      steps.map(({ command, answer }) => `${command}${normal(answer)}`),
    );
  });
});
