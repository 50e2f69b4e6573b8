/** c2s over plain TCP (RFC 6120). */
import { once } from 'node:events';
import { connect } from 'node:net';
import { Incoming, type Wire } from './wire.ts';

export async function tcpWire(port: number, host: string): Promise<Wire> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const incoming = new Incoming();
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    incoming.add(text);
    for (const _ of text.matchAll(/<r xmlns=/g)) socket.write("<a xmlns='urn:xmpp:sm:3' h='0'/>");
  });
  socket.on('error', () => undefined);
  void closed.then(() => incoming.end(new Error('the server closed the connection')));
  await once(socket, 'connect');
  const header =
    `<?xml version='1.0'?><stream:stream xmlns='jabber:client' version='1.0' to='${host}' ` +
    `xmlns:stream='http://etherx.jabber.org/streams'>`;
  return {
    open: async () => {
      socket.write(header);
      await incoming.expect(/<\/stream:features>|<stream:features\/>/);
    },
    send: async (xml) => void socket.write(xml),
    expect: (pattern) => incoming.expect(pattern),
    listen: () => undefined,
    close: async () => {
      socket.write('</stream:stream>');
      await incoming.expect(/<\/stream:stream>/);
      socket.end();
      await closed;
    },
    drop: async () => {
      socket.destroy();
      await closed;
    },
    reset: async () => {
      socket.resetAndDestroy();
      await closed;
    },
  };
}
