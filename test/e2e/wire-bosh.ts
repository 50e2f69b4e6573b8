/**
 * XMPP over BOSH (XEP-0124, XEP-0206). A request is held at the server while something is waited for; when the client
 * vanishes it is broken off and no other follows. There is never more than one request: two come over two connections,
 * and a server that reads the later one first ends the session or leaves it waiting.
 */
import { randomInt } from 'node:crypto';
import { request } from 'node:http';
import { Incoming, type Wire } from './wire.ts';

const BODY = "xmlns='http://jabber.org/protocol/httpbind' xmlns:xmpp='urn:xmpp:xbosh'";

export async function boshWire(port: number, host: string): Promise<Wire> {
  const gone = new AbortController();
  const incoming = new Incoming();
  let rid = randomInt(1_000_000);
  let sid = '';
  let held: Promise<void> | undefined;
  let stays = false;
  let over = false;

  const post = async (attributes: string, payload = ''): Promise<void> => {
    rid++;
    const session = sid === '' ? '' : ` sid='${sid}'`;
    const body = `<body rid='${rid}'${session} ${attributes} ${BODY}>${payload}</body>`;
    const answer = await exchange({ port, signal: gone.signal }, body).catch(() => '');
    sid ||= / sid='([^']+)'/.exec(answer)?.[1] ?? '';
    over ||= answer === '' || answer.includes("type='terminate'");
    held = undefined;
    incoming.add(answer);
    if (over) incoming.end(new Error('the BOSH session is over'));
    else if (stays || incoming.awaited) hold();
  };
  const send = (attributes: string, payload?: string): void => {
    if (held) throw new Error('a request is held at the server, and another may overtake it');
    held = post(attributes, payload);
  };
  const hold = (): void => {
    held ??= post('');
  };
  const expect = (pattern: RegExp): Promise<RegExpExecArray> => {
    const found = incoming.expect(pattern);
    if (incoming.awaited) hold();
    return found;
  };
  const vanish = async (): Promise<void> => {
    over = true;
    gone.abort();
  };
  return {
    open: async () => {
      const attributes =
        sid === ''
          ? `to='${host}' wait='86400' hold='1' ver='1.6' xml:lang='en' content='text/xml; charset=utf-8' xmpp:version='1.0'`
          : `to='${host}' xmpp:restart='true'`;
      send(attributes);
      await expect(/<\/stream:features>|<stream:features[^>]*\/>/);
    },
    send: async (xml) => send('', xml),
    expect,
    listen: () => {
      stays = true;
      hold();
    },
    close: async () => {
      send("type='terminate'");
      await expect(/type='terminate'/);
    },
    drop: vanish,
    reset: vanish,
  };
}

function exchange(to: { port: number; signal: AbortSignal }, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'text/xml; charset=utf-8', 'content-length': Buffer.byteLength(body) };
    const posting = request(
      { ...to, agent: false, host: '127.0.0.1', path: '/http-bind', method: 'POST', headers },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.once('end', () => resolve(text)).once('error', reject);
      },
    );
    posting.once('error', reject).end(body);
  });
}
