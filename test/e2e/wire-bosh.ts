/**
 * XMPP over BOSH (XEP-0124, XEP-0206). One request is always held at the server, as a real client does; when the client
 * vanishes the held request is broken off and no other follows.
 */
import { randomInt } from 'node:crypto';
import { Agent, request } from 'node:http';
import { Incoming, type Wire } from './wire.ts';

const BODY = "xmlns='http://jabber.org/protocol/httpbind' xmlns:xmpp='urn:xmpp:xbosh'";

export async function boshWire(port: number, host: string): Promise<Wire> {
  const agent = new Agent({ keepAlive: true });
  const gone = new AbortController();
  const incoming = new Incoming();
  let rid = randomInt(1_000_000);
  let sid = '';
  let held = 0;
  let over = false;

  const post = async (attributes: string, payload = ''): Promise<void> => {
    held++;
    rid++;
    const session = sid === '' ? '' : ` sid='${sid}'`;
    const body = `<body rid='${rid}'${session} ${attributes} ${BODY}>${payload}</body>`;
    const answer = await exchange({ port, agent, signal: gone.signal }, body).catch(() => '');
    held--;
    sid ||= / sid='([^']+)'/.exec(answer)?.[1] ?? '';
    over ||= answer === '' || answer.includes("type='terminate'");
    incoming.add(answer);
    if (over) incoming.end(new Error('the BOSH session is over'));
    else if (held === 0 && sid !== '') void post('');
  };
  const vanish = async (): Promise<void> => {
    over = true;
    gone.abort();
    agent.destroy();
  };
  return {
    open: async () => {
      const attributes =
        sid === ''
          ? `to='${host}' wait='86400' hold='1' ver='1.6' xml:lang='en' content='text/xml; charset=utf-8' xmpp:version='1.0'`
          : `to='${host}' xmpp:restart='true'`;
      void post(attributes);
      await incoming.expect(/<\/stream:features>|<stream:features[^>]*\/>/);
    },
    send: async (xml) => void post('', xml),
    expect: (pattern) => incoming.expect(pattern),
    close: async () => {
      void post("type='terminate'");
      await incoming.expect(/type='terminate'/);
      agent.destroy();
    },
    drop: vanish,
    reset: vanish,
  };
}

function exchange(to: { port: number; agent: Agent; signal: AbortSignal }, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'text/xml; charset=utf-8', 'content-length': Buffer.byteLength(body) };
    const posting = request({ ...to, host: '127.0.0.1', path: '/http-bind', method: 'POST', headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.once('end', () => resolve(text)).once('error', reject);
    });
    posting.once('error', reject).end(body);
  });
}
