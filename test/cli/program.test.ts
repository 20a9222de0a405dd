import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { accessSync, constants, cpSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { COMMANDS } from '../../src/cli/commands.js';
import { PROJECT } from '../harness/code-blocks.js';
import { aDirectory } from '../harness/database.js';
import { runProgram } from '../harness/program.js';
import { Service } from '../harness/service.js';

const packageJson = JSON.parse(readFileSync(join(PROJECT, 'package.json'), 'utf8')) as {
  version: string;
  name: string;
  bin: string;
  scripts: Record<string, string>;
};

describe('the program', () => {
  it('is the bin of the package, the entry point of the image, and what the npm scripts start', () => {
    expect(readFileSync(join(PROJECT, packageJson.bin), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    const image = readFileSync(join(PROJECT, 'Dockerfile'), 'utf8');
    expect(image).toContain(
      `ENTRYPOINT ["node", "--enable-source-maps", "${packageJson.bin}"]\nCMD ["serve"]`,
    );
    for (const [script, command] of [
      ['start', 'serve'],
      ['start:prod', 'serve'],
      ['simulate', 'simulate'],
      ['openapi', 'openapi'],
    ])
      expect(packageJson.scripts[script!]).toMatch(
        new RegExp(`node --enable-source-maps ${packageJson.bin} ${command}$`),
      );
  });

  it('runs under the name of the package with npx', async () => {
    // A copy of the package, because npx links the package of its folder.
    const folder = aDirectory();
    mkdirSync(join(folder, 'dist'));
    cpSync(join(PROJECT, 'package.json'), join(folder, 'package.json'));
    cpSync(join(PROJECT, 'dist/src'), join(folder, 'dist/src'), { recursive: true });
    symlinkSync(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
    const child = spawn('npx', ['--offline', '--yes', packageJson.name, '--version'], {
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: folder, npm_config_update_notifier: 'false' },
    });
    let [output, errors] = ['', ''];
    child.stdout.on('data', (text) => (output += text));
    child.stderr.on('data', (text) => (errors += text));
    const [code] = (await once(child, 'close')) as [number];
    expect([code, output, errors]).toEqual([0, `${packageJson.version}\n`, '']);
    expect(() => accessSync(join(folder, packageJson.bin), constants.X_OK)).not.toThrow();
  });

  it('prints its version and lists its commands', async () => {
    expect(await runProgram(['--version'])).toEqual({
      code: 0,
      output: `${packageJson.version}\n`,
      errors: '',
    });
    const help = await runProgram(['--help']);
    expect(help).toMatchObject({ code: 0, errors: '' });
    for (const name of COMMANDS.keys()) expect(help.output).toMatch(new RegExp(`^  ${name} +\\w`, 'm'));
  });

  it('describes a command without running it', async () => {
    const { code, output, errors } = await runProgram(['openapi', '--help'], { cwd: aDirectory() });
    expect([code, errors]).toEqual([0, '']);
    expect(output).toContain('pubsub-log-aggregator openapi [FILE]');
    expect(output).toMatch(/^Exit code: 0 success, 1 failure or finding, 2 wrong usage/m);
  });

  it.each([...COMMANDS])('has a help text for %s', async (name, { load }) => {
    const { HELP } = await load();
    expect(HELP).toContain(`  pubsub-log-aggregator ${name === 'serve' ? '[serve]' : name}`);
  });

  it.each([
    [['bakcup'], '"bakcup" is not a command. The commands are serve, '],
    [['--port', '80'], "Unknown option '--port'"],
    [['serve', 'now'], "Unexpected argument 'now'"],
  ])('exits with 2 for the wrong usage %j', async (args, message) => {
    const { code, output, errors } = await runProgram(args, { cwd: aDirectory() });
    expect([code, output]).toEqual([2, '']);
    expect(errors).toContain(message);
    expect(errors).toContain('--help lists the options.');
  });

  it('starts the service without a command, and exits with 1 if its configuration is invalid', async () => {
    const { code, errors } = await runProgram([], { env: { PORT: 'x' } });
    expect(code).toBe(1);
    expect(errors).toMatch(/^The configuration is invalid:\n {2}PORT=x/);
  });
});

describe('keys', () => {
  it('creates an API key that the service accepts', async () => {
    const { code, output } = await runProgram(['keys', 'shop', '--scope', 'read']);
    const [, key, entries] = /^AGGREGATOR_API_KEY=(\w+)\nAPI_KEYS=(\S+)\n$/.exec(output)!;
    expect([code, entries]).toEqual([0, `shop:read:${createHash('sha256').update(key!).digest('hex')}`]);
    const service = await Service.start({ API_KEYS: entries! });
    const authorization = `Bearer ${key}`;
    expect((await service.request('/stats', { headers: { authorization } })).status).toBe(200);
    expect((await service.publish({}, { authorization })).status).toBe(403);
  });

  it.each([
    [[], 'NAME is required.'],
    [['a', 'b'], 'Only one NAME is possible; "b" is another one.'],
    [['a b'], 'must begin with a name'],
    [['a', '--scope', 'write'], 'must have the scope'],
  ])('rejects %j as wrong usage', async (args, message) => {
    const keys = await COMMANDS.get('keys')!.load();
    await expect(keys.run(args)).rejects.toMatchObject({
      name: 'UsageError',
      message: expect.stringContaining(message),
    });
  });
});
