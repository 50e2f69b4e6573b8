/** A real Chromium without a window, asked over its DevTools protocol. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { WebSocket } from 'ws';
import { deadline } from '../deadline.ts';

export interface Page {
  /** The value of an expression of JavaScript. */
  readonly value: (expression: string) => Promise<unknown>;
  readonly send: (method: string, parameters?: object) => Promise<Record<string, unknown>>;
  /** Errors, and whatever was written to the console. */
  readonly said: readonly string[];
  readonly requests: readonly string[];
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { request?: { url: string } };
  readonly result?: Record<string, unknown>;
  readonly error?: { message: string };
}

/** Who says when the browser may end: a test, or whoever else calls what it is given. */
interface Owner {
  readonly after: (end: () => Promise<void> | void) => void;
}

/** Opens a page of that address; `dark` as the user would prefer it. Resolves when it has been loaded. */
export async function openPage(t: Owner, url: string, { dark = false } = {}): Promise<Page> {
  const profile = await mkdtemp(join(tmpdir(), 'chromium-'));
  const flags = [
    '--headless=new',
    '--no-sandbox',
    '--disable-gpu',
    '--no-first-run',
    '--disable-background-networking',
  ];
  const size = ['--window-size=1200,1700', `--user-data-dir=${profile}`, '--remote-debugging-port=0', 'about:blank'];
  const child = spawn('chromium', [...flags, ...size], { stdio: ['ignore', 'ignore', 'pipe'] });
  const over = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGKILL');
    await over;
    await rm(profile, { recursive: true, force: true, maxRetries: 10 });
  });
  const port = await debuggingPort(child.stderr);
  const targets = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()) as {
    type: string;
    webSocketDebuggerUrl: string;
  }[];
  const target = targets.find(({ type }) => type === 'page');
  if (!target) throw new Error('Chromium has no page');
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  await once(socket, 'open');
  t.after(() => socket.terminate());
  const page = talk(socket);
  for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await page.send(`${domain}.enable`);
  const media = [{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }];
  await page.send('Emulation.setEmulatedMedia', { features: media });
  const loaded = page.event('Page.loadEventFired');
  await page.send('Page.navigate', { url });
  await loaded;
  return page;
}

async function debuggingPort(stderr: Readable): Promise<string> {
  for await (const line of createInterface({ input: stderr, signal: deadline() })) {
    const [, port] = /DevTools listening on ws:\/\/[^:]+:(\d+)\//.exec(line) ?? [];
    if (port === undefined) continue;
    stderr.resume();
    return port;
  }
  throw new Error('Chromium did not start');
}

function talk(socket: WebSocket): Page & { readonly event: (method: string) => Promise<void> } {
  const [said, requests]: [string[], string[]] = [[], []];
  const answers = new Map<number, (message: Message) => void>();
  const awaited = new Map<string, () => void>();
  let id = 0;
  socket.on('message', (bytes: Buffer) => {
    const message = JSON.parse(bytes.toString()) as Message;
    const { method = '', params } = message;
    if (message.id !== undefined) answers.get(message.id)?.(message);
    if (/^(?:Runtime\.(?:exceptionThrown|consoleAPICalled)|Log\.entryAdded)$/.test(method)) said.push(bytes.toString());
    if (method === 'Network.requestWillBeSent' && params?.request) requests.push(params.request.url);
    awaited.get(method)?.();
  });
  const send = async (method: string, parameters: object = {}): Promise<Record<string, unknown>> => {
    const mine = ++id;
    const answer = new Promise<Message>((resolve) => answers.set(mine, resolve));
    socket.send(JSON.stringify({ id: mine, method, params: parameters }));
    const { result = {}, error } = await answer;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result;
  };
  const value = async (expression: string): Promise<unknown> => {
    const { result } = (await send('Runtime.evaluate', { expression, returnByValue: true })) as {
      result: { value?: unknown };
    };
    return result.value;
  };
  const event = (method: string): Promise<void> => new Promise((resolve) => awaited.set(method, resolve));
  return { send, value, event, said, requests };
}
