/** The scanner says of lines of MongooseIM, Openfire and Tigase what their parser says, whatever text of remote parties stands in them. */
import * as fc from '../../properties.ts';
import { mongooseim } from '../../../src/format/dialects/mongooseim.ts';
import { openfire } from '../../../src/format/dialects/openfire.ts';
import { tigase } from '../../../src/format/dialects/tigase.ts';
import { any, clock, inPieces, jid, joined, oneOf, resource, saysTheSame, second } from './same-events.ts';

/** More often the first one. */
const mostly = (usual: string, ...others: string[]): fc.Arbitrary<string> =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(usual) }, oneOf(...others));
const blanks = mostly(' ', '', '  ', '     ', ' '.repeat(41), ' '.repeat(90), '\t');
const fullJid = joined(jid, resource);
const usualJid = oneOf('alice@chat.example/phone', 'bob.x@work.example/a b', 'a@b/c', 'c2s1@b/c', 'bosh@b/c');
const someJid = fc.oneof({ weight: 3, arbitrary: usualJid }, fullJid);

const openfireStamp = fc
  .tuple(second, mostly('.123', '.001', '', '.1'))
  .map(([at, fraction]) => `2026.03.02 ${clock(at)}${fraction}`);
const openfireLevel = oneOf(
  ...[
    ' DEBUG ',
    ' DEBUG ',
    ' \x1b[36mDEBUG\x1b[m ',
    ' INFO  ',
    ' TRACE',
    ' DEBUGS ',
    ' ERROR \x1b[0m ',
    ' \x1b[xmINFO ',
  ],
  ...['', ' x ', ' \x1b[1;31mWARN \x1b[0;0;0;0;0;0;0;0;0;0;0m '],
);
const ROUTES = 'org.jivesoftware.openfire.spi.RoutingTableImpl';
const openfireLine = joined(
  openfireStamp,
  openfireLevel,
  mostly(
    '[socket_c2s-thread-1]: ',
    '[a b]: ',
    '[a]b]: ',
    '[ü]: ',
    '[]: ',
    '[a]: [b]: ',
    `[${'t'.repeat(300)}]: `,
    '',
    '[a] ',
  ),
  mostly(ROUTES, 'org.jivesoftware.openfire.XMPPServer', 'a', `${ROUTES}x`, 'x y', ROUTES.repeat(6)),
  mostly(' - ', ' -', ' -  ', ''),
  fc.oneof(
    { weight: 4, arbitrary: joined(oneOf('Adding client route ', 'Removing client route '), someJid) },
    oneOf('Openfire 5.1.0 [Mar 2, 2026, 10:00:00 AM]', 'Openfire ', 'Adding client route', '', 'Adding server route x'),
    any,
  ),
);

const tigaseStamp = fc
  .tuple(second, mostly(':123]', ':001]', ']', ':12]', ':1234]', ':123', ':123]\x1b[0;36m', ':123] '))
  .map(([at, behind]) => `[2026-03-02 ${clock(at)}${behind}`);
const resourceConnection = joined(
  oneOf('XMPPResourceConnection=[user_jid=', ''),
  fc.oneof(fc.constant('null'), fullJid),
  mostly(', connectioId=', ', connectioId=x, domain=y, connectioId=', 'connectioId=', ''),
  oneOf('c2s@vm/192.0.2.1_5222_192.0.2.9_1', 'c2s@vm/192.0.2.1_5222_192.0.2.9_2', '', 'ü', 'x'.repeat(1030)),
  mostly(', domain=', '', ', domain', ', domain=, connectioId=z'),
  oneOf('chat.example, authState=AUTHORIZED]', '', 'x'.repeat(900)),
);
const tigaseMessage = fc.oneof(
  joined(
    mostly('handleLogin called for: ', 'handleLogin called for:'),
    jid,
    mostly(', conn_id: ', ',, conn_id: ', ' '),
    resourceConnection,
  ),
  joined(
    oneOf('handleLogin called for: ', 'Closing connection for: '),
    someJid,
    mostly(', conn_id: ', ''),
    resourceConnection,
  ),
  joined(
    oneOf('Closing connection for: '),
    someJid,
    mostly(', conn: ', '', ', connectioId=', ', conn_id: '),
    resourceConnection,
  ),
  joined(oneOf('processing packet: from=', ''), someJid, resourceConnection),
  oneOf(
    'Server finished starting up in (5s)',
    'Server finished',
    '',
    '\x1b[0mhandleLogin called for: a@b, conn_id: , connectioId=c, domain=d',
  ),
  any,
);
const tigaseLine = joined(
  tigaseStamp,
  blanks,
  mostly('[FINEST ]', '[FINE   ]', '[INFO]', '[fine]', '[AB]', '[ABCDEFGHIJ]', 'FINE]', '[FINE'),
  blanks,
  mostly('[ in_7-sess-man ]', '[a]b]', '[]', '[ü]', `[${'w'.repeat(140)}]`, '', '\x1b[0m[main]\x1b[0m'),
  blanks,
  mostly(
    'SessionManager.handleLogin()',
    'SessionManager.closeSession()',
    'SessionManager.x()',
    'XMPPServer.start()',
    'a',
    '()',
    `${'m'.repeat(130)}()`,
  ),
  blanks,
  mostly(':', '::', ''),
  blanks,
  tigaseMessage,
);

const mongooseStamp = fc
  .tuple(second, mostly('.123456+00:00', '.000001+00:00', 'Z', '', '.1+01:00'), mostly('when=', ''))
  .map(([at, behind, before]) => `${before}2026-03-02T${clock(at)}${behind}`);
const quoted = (text: string): string => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
const value = fc.oneof(
  { weight: 3, arbitrary: usualJid },
  usualJid.map(quoted),
  fullJid.map(quoted),
  fullJid,
  oneOf('', '"', 'x"', '"a" b', String.raw`"a \" jid=x@y/z"`, '"\\', 'a=b', '"a"b=c'),
);
const field = joined(
  oneOf('user=', 'server=', 'x_1=', 'jid=', 'resource=', 'at=', 'JID=', `${'n'.repeat(65)}=`, ''),
  value,
);
const mongooseLine = joined(
  mongooseStamp,
  mostly(
    ' level=info ',
    ' level=debug ',
    ' level=notice ',
    ' level=emergency ',
    ' level=error ',
    ' level=Info ',
    ' x=info ',
    '  level=info ',
  ),
  fc.oneof(
    { weight: 6, arbitrary: oneOf('what=c2s_opened_session ', 'what=close_session ') },
    oneOf(
      ...['what=mongooseim_node_started ', 'what=mongooseim_node_stopped ', 'what=c2s_statem_terminate reason=x ', ''],
      ...[
        'what=c2s_statem_terminate reason={shutdown,resumed} ',
        'what=close_sessions ',
        'what=close_session  ',
        'what= ',
      ],
      'what=close_session \x1b[0m',
    ),
  ),
  mostly('pid=<0.5.0> ', '', 'pid ', 'pid="<0 5>" '),
  mostly('at=ejabberd_c2s:x/3:758 ', 'at=mongoose_c2s:x/3:758 ', '', 'at=x at=ejabberd_c2s:y '),
  fc.oneof(
    { weight: 2, arbitrary: fc.constant('') },
    fc.array(field, { maxLength: 3 }).map((fields) => fields.map((text) => `${text} `).join('')),
  ),
  mostly('jid=', 'jid', ''),
  value,
  mostly(' ', '', '\\', String.raw` \\`, ' x\\', ' x=\x1e'),
);

saysTheSame([
  {
    dialect: openfire,
    line: inPieces(openfireLine),
    logs: ['made/openfire-5.1-debug.log'],
  },
  { dialect: tigase, line: inPieces(tigaseLine), logs: ['made/tigase-8.log'] },
  {
    dialect: mongooseim,
    line: inPieces(mongooseLine),
    logs: ['made/mongooseim-6.0-info.log', 'made/mongooseim-6.8-debug.log'],
  },
]);
