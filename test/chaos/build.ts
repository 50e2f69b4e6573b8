/** The daemon of `node.ts` in one file, as a start is cheaper so; and with a guard taken away from what runs inside Redis. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { withoutGuard, type Guard } from './guards.ts';

const SOURCES = join(import.meta.dirname, '../../src');

export class Build {
  readonly #directory: string;

  private constructor(directory: string) {
    this.#directory = directory;
  }

  static async of(guard: Guard | undefined): Promise<Build> {
    // As deep as the rooms: addresses relative to a file hold.
    mkdirSync(SOURCES, { recursive: true });
    const own = new Build(mkdtempSync(join(SOURCES, 'chaos-')));
    await build({
      entryPoints: [join(import.meta.dirname, 'node.js')],
      outfile: own.path,
      ...{ bundle: true, format: 'esm', platform: 'node', target: 'node20.19', logLevel: 'warning' },
      external: ['level', 'chokidar', 'hot-shots', 'ioredis', 'tail', 'unix-dgram'],
      banner: {
        js: "import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);",
      },
    });
    if (guard) writeFileSync(own.path, withoutGuard(readFileSync(own.path, 'utf8'), guard));
    return own;
  }

  get path(): string {
    return join(this.#directory, 'node.js');
  }

  close(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
