/** The service as its units run it, in a real systemd: installed there from this clone, with the log of a Prosody. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bootBox, type Box, type Ended } from './systemd-box.ts';

const CLONE = fileURLToPath(new URL('../../../', import.meta.url));
/** Inside, where the service may read it. */
const COPY = '/var/opt/xmpp-active-users';
/** Our program inside. */
export const COMMAND = `${process.execPath} ${COPY}/dist/src/main.js`;
export const LOG = '/var/log/prosody/prosody.log';

export interface BoxedService {
  readonly box: Box;
  /** Runs a script inside, which must not fail; gives what it said. */
  sh(script: string): string;
  /** Our program inside, as that user. */
  as(user: string, ...args: readonly string[]): Ended;
  /** Waits, at most a minute, until the script inside succeeds. */
  until(script: string): void;
}

export function installInBox(): BoxedService {
  const box = bootBox();
  const sh = (script: string): string => box.must(['sh', '-euc', script]);
  sh(`mkdir -p ${COPY} /var/log/prosody`);
  sh(`cp -r ${CLONE}dist ${CLONE}package.json ${COPY}; cp -rL ${CLONE}node_modules ${COPY}; chmod -R a+rX ${COPY}`);
  for (const name of ['xmpp-active-users.service', 'xmpp-active-users.socket']) {
    const unit = readFileSync(`${CLONE}systemd/${name}`, 'utf8');
    const text = unit.replaceAll(/^(Exec\w+=-?)xmpp-active-users/gm, `$1${COMMAND}`);
    box.must(['tee', `/etc/systemd/system/${name}`], text);
  }
  sh('systemctl daemon-reload');
  return {
    box,
    sh,
    as: (user, ...args) => box.run(['runuser', '-u', user, '--', ...COMMAND.split(' '), ...args]),
    until: (script) => void sh(`for i in $(seq 200); do if ${script}; then exit 0; fi; sleep 0.1; done; exit 1`),
  };
}

/** A line of the log, of now or of so many seconds ago. */
export function login(id: string, user: string, ago = 0): string {
  return `${new Date(Date.now() - ago * 1000).toISOString().slice(0, 19)}+0000 ${id}\tinfo\tAuthenticated as ${user}@chat.example\n`;
}
