/** XMPP over WebSocket (RFC 7395). */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { Incoming, type Wire } from './wire.ts';

export async function websocketWire(port: number, host: string): Promise<Wire> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/xmpp-websocket`, 'xmpp');
  const incoming = new Incoming();
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('message', (data: Buffer) => incoming.add(data.toString()));
  socket.on('error', (error) => incoming.end(error));
  void closed.then(() => incoming.end(new Error('the server closed the connection')));
  await once(socket, 'open');
  const framing = "xmlns='urn:ietf:params:xml:ns:xmpp-framing'";
  const terminate = async (): Promise<void> => {
    socket.terminate();
    await closed;
  };
  return {
    open: async () => {
      socket.send(`<open ${framing} version='1.0' to='${host}'/>`);
      await incoming.expect(/<\/stream:features>|<stream:features[^>]*\/>/);
    },
    send: async (xml) => socket.send(xml),
    expect: (pattern) => incoming.expect(pattern),
    listen: () => undefined,
    close: async () => {
      socket.send(`<close ${framing}/>`);
      await incoming.expect(/<close /);
      socket.close();
      await closed;
    },
    drop: terminate,
    reset: terminate,
  };
}
