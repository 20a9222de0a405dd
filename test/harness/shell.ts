import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Runs a script in bash, which ends at the first failing command. Resolves with what it printed. */
export async function runShell(script: string, cwd?: string): Promise<string> {
  const child = spawn('bash', ['-e', '-c', script], { ...(cwd !== undefined && { cwd }) });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => (output += text.toString()));
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(`Exit code ${code} of: ${script}\n${output}`);
  return output;
}
