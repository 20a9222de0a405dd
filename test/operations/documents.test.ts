import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadConfig } from '../../src/config.js';
import { codeBlocksOf, codeOf, PROJECT, readDocument, type Step, stepsOf } from '../harness/code-blocks.js';
import { Service } from '../harness/service.js';
import { runShell } from '../harness/shell.js';

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

/** Matches times and durations, which differ from run to run. */
const VARIABLE = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z|(?<="uptime": ?)[\d.]+/g;
const STEP_SEPARATOR = '\u001e';

/** Returns the steps of the unnamed shell blocks of a document. */
function sessionOf(path: string): Step[] {
  const blocks = codeBlocksOf(path).filter(({ language, name }) => language === 'sh' && name === '');
  return blocks.flatMap(({ lines }) => stepsOf(lines));
}

/** Runs the steps in one shell, in order, and compares the output of each. */
async function expectOutput(steps: readonly Step[], { url }: Service, setup = ''): Promise<void> {
  const separate = `printf '${STEP_SEPARATOR}'\n`;
  const script = steps.map(({ command }) => command + separate).join('');
  // curl ends a stream by its time limit, with an exit code other than 0.
  const output = await runShell(
    `set +e\n${setup}\n${script.replaceAll('localhost:8080', new URL(url).host)}`,
  );
  const printed = output.split(STEP_SEPARATOR);
  const normal = (text: string) => text.trim().replaceAll(VARIABLE, '…');
  expect(steps.map(({ command }, index) => `${command}${normal(printed[index]!)}`)).toEqual(
    steps.map((step) => `${step.command}${normal(step.output)}`),
  );
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

  it('links only to files and headings that exist', () => {
    const links = [...readDocument(path).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)];
    const broken = links.filter(([, file, heading]) => {
      const target = file === '' ? path : join(dirname(path), file!);
      return !existsSync(join(PROJECT, target)) || (heading && !headingsOf(target).includes(heading));
    });
    expect(broken.map(([link]) => link)).toEqual([]);
  });
});

describe('Shell sessions', () => {
  it.each(DOCUMENTS.filter((path) => sessionOf(path).length > 0))(
    'print the output that %s shows',
    async (path) => {
      await expectOutput(sessionOf(path), await Service.start());
    },
  );

  it('create and use the API key of docs/operations.md', async () => {
    const created = await runShell(codeOf('docs/operations.md', 'create an API key'));
    const [, key] = /^key for the publisher: (\S+)$/m.exec(created)!;
    const [, API_KEYS] = /^API_KEYS=(\S+)$/m.exec(created)!;
    const service = await Service.start({ API_KEYS: API_KEYS! });
    const steps = stepsOf(codeOf('docs/operations.md', 'use an API key').split('\n'));
    expect(steps.length).toBeGreaterThan(0);
    await expectOutput(steps, service, `key=${key}`);
  });
});

/** Returns the anchors of a document's headings, as GitHub forms them. */
function headingsOf(path: string): string[] {
  return [...readDocument(path).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    heading!
      .toLowerCase()
      .replaceAll(/[^\w -]/g, '')
      .replaceAll(' ', '-'),
  );
}
