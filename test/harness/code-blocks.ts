import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Root folder of the project, three folders above a compiled test file. */
export const PROJECT = fileURLToPath(new URL('../../../', import.meta.url));

/** A fenced code block of a markdown file. */
export interface CodeBlock {
  /** The comment in the line before the fence, without `<!--` and `-->`; empty if there is none. */
  readonly name: string;
  readonly language: string;
  /** Line number of its first line. */
  readonly line: number;
  readonly lines: readonly string[];
}

/** A command of a shell block and its expected output: the lines below it that begin with `#`. */
export interface Step {
  readonly command: string;
  readonly output: string;
}

export function readDocument(path: string): string {
  return readFileSync(`${PROJECT}${path}`, 'utf8');
}

/** Returns every fenced code block of a markdown file of the project. */
export function codeBlocksOf(path: string): CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: { name: string; language: string; line: number; lines: string[] } | undefined;
  let name = '';
  for (const [index, line] of readDocument(path).split('\n').entries()) {
    const fence = /^ *```(\w*)$/.exec(line);
    if (!fence) {
      if (open) open.lines.push(line);
      else if (line !== '') name = /^<!-- (.*) -->$/.exec(line)?.[1] ?? '';
    } else if (open) {
      blocks.push(open);
      open = undefined;
    } else {
      open = { name, language: fence[1]!, line: index + 2, lines: [] };
      name = '';
    }
  }
  return blocks;
}

/** Returns the code of the only block of a file with this name or, if unnamed, this language. */
export function codeOf(path: string, nameOrLanguage: string): string {
  const found = codeBlocksOf(path).filter(({ name, language }) => (name || language) === nameOrLanguage);
  if (found.length !== 1) throw new Error(`${path} has ${found.length} code blocks "${nameOrLanguage}"`);
  return found[0]!.lines.join('\n');
}

/** Returns the steps of a shell block that shows output; none of a block without output. */
export function stepsOf(lines: readonly string[]): Step[] {
  const isOutput = (line: string) => /^#( |$)/.test(line);
  if (!lines.some(isOutput)) return [];
  const steps: { command: string; output: string }[] = [];
  let inOutput = true;
  for (const line of lines) {
    if (inOutput && !isOutput(line)) steps.push({ command: '', output: '' });
    inOutput = isOutput(line);
    const step = steps.at(-1)!;
    if (inOutput) step.output += `${line.slice(2)}\n`;
    else step.command += `${line}\n`;
  }
  return steps;
}

/** Replaces npx in a script by the path of the compiled program, so that it can run in any folder. */
export function withProgram(script: string): string {
  return script.replaceAll('npx pubsub-log-aggregator', `node ${PROJECT}dist/src/cli/main.js`);
}
