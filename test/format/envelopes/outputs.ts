/** What a server printed at which time, through every wrapping of an output. */
import { type WrappedForm, WRAPPED_FORMS } from '../../wrap.ts';

export const START = Date.UTC(2026, 2, 2, 10) / 1000;
/** Text of the output, which may have several lines, and when it was written: seconds behind 10:00. */
export type Output = readonly [second: number, text: string];

export type Form = Pick<WrappedForm, 'name' | 'line'>;

/** Where the server stamps its lines itself `docker compose logs` shows no other stamp. */
const COMPOSE: Form = { name: 'docker compose logs', line: (_, text) => `\x1b[36mejabberd-1  | \x1b[0m${text}` };
export const FORMS: readonly Form[] = [
  { name: 'a file', line: (_, text) => text },
  ...WRAPPED_FORMS.filter(({ name }) => !name.includes('mod_log_json') && name !== COMPOSE.name),
  COMPOSE,
];

export function log({ line }: Form, outputs: readonly Output[]): Buffer {
  const lines = outputs.flatMap(([second, text]) =>
    text.split('\n').map((each) => line({ at: START + second, source: '', level: 'info', text: each }, each)),
  );
  return Buffer.from(`${lines.join('\n')}\n`, 'latin1');
}

export const iso = (second: number): string =>
  new Date((START + second) * 1000).toISOString().slice(0, 19).replace('T', ' ');
