/** A program that a test started: its lines as they come, and an end that can be waited for. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { Arrivals } from './arrivals.ts';

export interface Child {
  readonly process: ChildProcess;
  /** Lines of stdout and stderr, in the order in which they were read. */
  readonly lines: Arrivals<string>;
  /** Sends the signal, waits for the end, and gives the exit code (null when the signal ended it). */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

export function startChild(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Child {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const lines = new Arrivals<string>();
  for (const stream of [child.stdout, child.stderr]) createInterface(stream).on('line', (line) => lines.add(line));
  const ended = once(child, 'exit').then(() => child.exitCode);
  child.once('error', (error) => lines.end(error));
  child.once('close', () => lines.end(new Error(`${command} ended with ${child.exitCode ?? child.signalCode}`)));
  return {
    process: child,
    lines,
    end: (signal) => {
      child.kill(signal);
      return ended;
    },
  };
}

/** Runs a program to its end. Its input is empty. */
export async function runToEnd(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  await once(child, 'close');
  return { code: child.exitCode, stdout, stderr };
}
