/** The version of the program, as package.json has it. */
import { readFileSync } from 'node:fs';

export function version(): string {
  const { version }: { version: string } = JSON.parse(
    readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
  );
  return version;
}
