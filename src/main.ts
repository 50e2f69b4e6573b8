#!/usr/bin/env node
/**
 * Where the program begins, also on a system that cannot run the rest: so it imports nothing before it has looked, and is
 * written in words that an old Node.js understands. Exit code 2, which systemd is told not to restart on.
 */
const NEEDED = [20, 19];

function whyNot(): string {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [neededMajor = 0, neededMinor = 0] = NEEDED;
  if (process.platform !== 'linux')
    return 'it runs on Linux only, where /proc tells what became of a log, and this is ' + process.platform;
  if (major > neededMajor || (major === neededMajor && minor >= neededMinor)) return '';
  return (
    'it needs Node.js ' +
    NEEDED.join('.') +
    ' or newer, and this is ' +
    process.versions.node +
    ' (' +
    process.execPath +
    '): install a newer one, from nodejs.org or NodeSource where the system has none'
  );
}

const trouble = whyNot();
if (trouble === '') {
  // Either is all of the program: a file of that name does no harm.
  const program = process.argv.includes('run') ? import('./cli/daemon-program.ts') : import('./cli/program.ts');
  program.catch((error) => {
    throw error;
  });
} else {
  process.stderr.write((process.env['JOURNAL_STREAM'] ? '<3>' : 'xmpp-active-users: ') + trouble + '\n');
  process.exitCode = 2;
}
