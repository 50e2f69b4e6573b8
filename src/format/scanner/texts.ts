/** Texts at which the parts of a line are known, in the layouts of the servers that a scanner knows; each of at most 15 bytes. */

const text = (latin1: string): Buffer => Buffer.from(latin1, 'latin1');

/** Of jabberd2: `[127.0.0.1, port=36408] disconnect jid=alice@chat.example/phone, packets: 2, bytes: 269` */
export const PORT = text(', port=');
export const PACKETS = text(', packets: ');
export const TRAFFIC = text(', bytes: ');
/** Of Openfire: `[socket_c2s-thread-1]: org.jivesoftware.openfire.spi.RoutingTableImpl - Adding client route` */
export const BEHIND_THREAD = text(']: ');
export const BEHIND_LOGGER = text(' - ');
/** Of Tigase: `alice@chat.example, conn_id: XMPPResourceConnection=[user_jid=null, connectioId=c2s@vm/1_2_3_4, domain=chat.example` */
export const LOGIN = text(' conn_id: ');
export const CONNECTION = text('connectioId=');
export const BEFORE_CONNECTION = text(', ');
export const DOMAIN = text(', domain=');
/** Of MongooseIM: `level=info what=close_session pid=<0.7072.0> at=ejabberd_c2s:terminate/3:1144 jid=alice@chat.example/phone` */
export const LEVEL = text('level=');
export const JID = text('jid=');
export const PLACE = text('at=');

/** In the order in which compiled/addresses.ts has them. */
export const TEXTS: readonly Buffer[] = [
  ...[PORT, PACKETS, TRAFFIC],
  ...[BEHIND_THREAD, BEHIND_LOGGER],
  ...[LOGIN, CONNECTION, BEFORE_CONNECTION, DOMAIN],
  ...[LEVEL, JID, PLACE],
];
