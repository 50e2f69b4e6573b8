/**
 * A client that does to a server what a test says: over c2s, BOSH or WebSocket it logs in, comes online, hibernates,
 * resumes, says goodbye or falls silent. It understands no more of XMPP than that.
 *
 * The transports differ in how a stream is opened, in what a goodbye is and in how a connection breaks: that is a Wire.
 */
import { boshWire } from './wire-bosh.ts';
import { tcpWire } from './wire-tcp.ts';
import { websocketWire } from './wire-websocket.ts';
import type { Wire } from './wire.ts';

export type Transport = 'c2s' | 'bosh' | 'websocket';

export interface Who {
  readonly user: string;
  readonly host: string;
  readonly password?: string;
  readonly resource?: string;
}

export interface Client {
  readonly wire: Wire;
  /** Presence is sent and has come back: the server has processed all that went before. */
  online(): Promise<void>;
  /** XEP-0198; the id under which the session can be resumed. */
  enableResumption(): Promise<string>;
  /** XEP-0077: the account is removed by its user. */
  removeAccount(): Promise<void>;
  /** The polite end, answered by the server. */
  close(): Promise<void>;
}

export async function connect(transport: Transport, ports: { c2s: number; http: number }, host: string): Promise<Wire> {
  if (transport === 'c2s') return tcpWire(ports.c2s, host);
  if (transport === 'bosh') return boshWire(ports.http, host);
  return websocketWire(ports.http, host);
}

/** SASL PLAIN on a new stream; false when the server refuses. Nothing is bound. */
export async function authenticate(wire: Wire, who: Who): Promise<boolean> {
  await wire.open();
  const secret = Buffer.from(`\0${who.user}\0${who.password ?? 'secret'}`).toString('base64');
  await wire.send(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${secret}</auth>`);
  const answer = await wire.expect(/<(success|failure)[^>]*>/);
  if (answer[1] !== 'success') return false;
  await wire.open();
  return true;
}

export async function login(wire: Wire, who: Who): Promise<Client> {
  if (!(await authenticate(wire, who))) throw new Error(`${who.user}@${who.host} was refused`);
  const resource = who.resource === undefined ? '' : `<resource>${who.resource}</resource>`;
  await wire.send(
    `<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>${resource}</bind></iq>`,
  );
  await wire.expect(/<jid>[^<]+<\/jid>/);
  return {
    wire,
    online: async () => {
      await wire.send("<presence xmlns='jabber:client'/>");
      await wire.expect(/<presence[^>]*>/);
    },
    enableResumption: async () => {
      await wire.send("<enable xmlns='urn:xmpp:sm:3' resume='true'/>");
      const enabled = await wire.expect(/<enabled[^>]* id='([^']+)'/);
      return enabled[1] ?? '';
    },
    removeAccount: async () => {
      await wire.send(
        "<iq xmlns='jabber:client' type='set' id='gone'><query xmlns='jabber:iq:register'><remove/></query></iq>",
      );
      await wire.expect(/Account deleted/);
    },
    close: () => wire.close(),
  };
}

/** Takes over the session `id` on a new stream; false when there is nothing to resume. */
export async function resume(wire: Wire, who: Who, id: string): Promise<boolean> {
  if (!(await authenticate(wire, who))) throw new Error(`${who.user}@${who.host} was refused`);
  await wire.send(`<resume xmlns='urn:xmpp:sm:3' h='0' previd='${id}'/>`);
  const answer = await wire.expect(/<(resumed|failed)[^>]*>/);
  return answer[1] === 'resumed';
}
