/**
 * Puts the program into a few files in place of some two hundred, which takes a third off the time of its start: the last step of `npm run build`.
 * `dist/src/cli/program.js` is replaced; each command, and what several share, lies in `dist/src/program/`, a folder
 * as deep as the rooms, so that addresses relative to a file hold. Nothing is renamed or shortened: stack traces stay readable.
 *
 * All of it is there once more as one file, for the daemon (`src/cli/daemon-program.ts`). A module of the older kind is loaded faster, and so is
 * `level` in the same file; but who wants little of it should not have to load all.
 */
import { readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { build } from 'esbuild';

const RELATIVE = /new URL\(\s*'([^']+)',\s*import\.meta\.url/g;

/** LevelDB itself stays where npm has put it: beside `level`, whoever else may see it there. */
const compiledLevel = {
  name: 'compiled-level',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\/classic-level\/binding\.js$/ }, () => ({
      contents: `const { createRequire } = require('node:module');
        module.exports = createRequire(createRequire(importMetaUrl).resolve('level'))('classic-level/binding.js');`,
    })),
};

const common = {
  entryPoints: ['src/cli/program.ts'],
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  logLevel: 'warning',
};

rmSync('dist/src/program', { recursive: true, force: true });
const { metafile } = await build({
  ...common,
  outbase: 'src',
  outdir: 'dist/src',
  chunkNames: 'program/[name]-[hash]',
  splitting: true,
  format: 'esm',
  // They bring programs of their own, or are needed by the daemon only, or only with `[cluster]`.
  external: ['level', 'chokidar', 'hot-shots', 'ioredis', 'tail', 'unix-dgram'],
  // commander is of the kind that asks for modules of Node.js by `require`.
  banner: {
    js: "import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);",
  },
  metafile: true,
});

await build({
  ...common,
  outfile: 'dist/src/program/daemon.cjs',
  format: 'cjs',
  external: ['hot-shots', 'ioredis', 'tail', 'unix-dgram'],
  plugins: [compiledLevel],
  // What is loaded later is, too, of the older kind.
  supported: { 'dynamic-import': false },
  define: { 'import.meta.url': 'importMetaUrl' },
  banner: { js: "const importMetaUrl = require('node:url').pathToFileURL(__filename).href;" },
});
// What begins that one, and the child that reads the index first when a reader was broken off.
for (const file of ['cli/daemon-program', 'index/probe'])
  await build({
    ...common,
    entryPoints: [`src/${file}.ts`],
    outfile: `dist/src/${file}.js`,
    format: 'esm',
    plugins: [compiledLevel],
    define: { 'import.meta.url': 'importMetaUrl' },
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module';\nconst importMetaUrl = import.meta.url;\nconst require = requireFrom(importMetaUrl);",
    },
  });

for (const path of Object.keys(metafile.inputs).filter((path) => path.startsWith('src/')))
  for (const [, file] of readFileSync(path, 'utf8').matchAll(RELATIVE))
    if (addressOf(file, `dist/${dirname(path)}`) !== addressOf(file, 'dist/src/program'))
      throw new Error(
        `${path} names ${file}, which is another file from dist/src/program: write it from a room as ../ROOM/FILE`,
      );

function addressOf(file, folder) {
  return new URL(file, `file:///${folder}/`).pathname;
}

// What the HTML report does in the browser is in it: one file, which asks for no other.
await build({
  entryPoints: ['src/report/page/page.ts'],
  outdir: 'dist/src/report/page',
  bundle: true,
  format: 'esm',
  target: 'es2023',
  logLevel: 'warning',
});
