import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';

const run = promisify(execFile);

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: true,
  types: [],
  target: ts.ScriptTarget.ES2023,
  module: ts.ModuleKind.NodeNext,
  moduleDetection: ts.ModuleDetectionKind.Force,
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
};

/** A folder with an OpenAPI document, a client that a tool generated from it, and programs that use the client. */
export class GeneratedClient {
  private constructor(private readonly directory: string) {}

  /** Writes the document to `openapi.json` and runs the tool, a script below node_modules, in the same folder. */
  static async create(
    document: object,
    [script, ...parameters]: readonly [string, ...string[]],
    files: Readonly<Record<string, string>> = {},
  ): Promise<GeneratedClient> {
    // Below the project, so that the programs find the packages in node_modules.
    mkdirSync('dist', { recursive: true });
    const directory = mkdtempSync(join(process.cwd(), 'dist', 'client-'));
    for (const [name, text] of Object.entries({ 'openapi.json': JSON.stringify(document), ...files })) {
      writeFileSync(join(directory, name), text);
    }
    await run(process.execPath, [join(process.cwd(), 'node_modules', script), ...parameters], {
      cwd: directory,
    });
    return new GeneratedClient(directory);
  }

  /** Compiles a program, and with it the parts of the client that it imports. Returns the errors of the compiler. */
  compile(name: string, program: string): string[] {
    const file = join(this.directory, `${name}.ts`);
    writeFileSync(file, program);
    const compiled = ts.createProgram([file], OPTIONS);
    compiled.emit();
    return ts
      .getPreEmitDiagnostics(compiled)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
  }

  /** Imports a compiled program. */
  load<T>(name: string): Promise<T> {
    return import(pathToFileURL(join(this.directory, `${name}.js`)).href) as Promise<T>;
  }

  remove(): void {
    rmSync(this.directory, { recursive: true });
  }
}
