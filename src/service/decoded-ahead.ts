/** Old logs that another thread reads and decodes (decoding-thread.ts): their blocks, as this one comes to them. */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { DialectDefinition } from '../format/dialects/custom.ts';
import type { EventBatch } from '../format/event-batch.ts';
import type { ArchivedFile } from './archive/arrange.ts';
import {
  read,
  type BlockMessage,
  type DecodedElsewhere,
  type FileTask,
  type FreeMessage,
  type LogTask,
  type ThreadMessage,
} from './decoding.ts';

const THREAD = new URL('../service/decoding-thread.js', import.meta.url);
/** Bytes of text in all from which on it is worth the start of a thread, which takes some 50 ms. */
const WORTH = 32 * 1024 * 1024;
/** Little that it makes lives longer than a block: more room would only be left full of garbage. */
const LIMITS = { maxYoungGenerationSizeMb: 2 };

/** A block that was decoded, beside its batch. */
export interface DecodedBlock extends Pick<BlockMessage, 'known' | 'continues' | 'at'> {
  readonly batch: EventBatch;
  /** As of `EventBatch`. */
  readonly logins: Int32Array;
  readonly known: DecodedElsewhere | undefined;
}

/** Whether a thread can read these, and it is worth it. */
export function isForThread(files: readonly ArchivedFile[], worth = WORTH): boolean {
  const bytes = files.reduce((sum, { textBytes }) => sum + textBytes, 0);
  // What is believed of a damaged file is a function.
  return bytes >= worth && availableParallelism() > 1 && files.every(({ damaged }) => damaged === undefined);
}

export function fileTask({ path, log, file, textBytes, head, firstAt, lastAt, year, stamp }: ArchivedFile): FileTask {
  return { path, log, ...(file && { file }), textBytes, head, firstAt, lastAt, year, stamp: stamp?.name };
}

export class DecodingThread {
  readonly #worker: Worker;
  readonly #queues: ThreadMessage[][];
  readonly #memories: SharedArrayBuffer[][];
  #failure: Error | undefined;
  readonly #wakes: ((() => void) | undefined)[] = [];

  constructor(logs: readonly LogTask[], dialects: readonly DialectDefinition[]) {
    this.#queues = logs.map(() => []);
    this.#memories = logs.map(() => []);
    this.#worker = new Worker(THREAD, { workerData: { logs, dialects }, resourceLimits: LIMITS });
    this.#worker.on('message', (message: ThreadMessage) => {
      this.#queues[message.log]!.push(message);
      this.#wakes[message.log]?.();
    });
    this.#worker.on('error', (error) => {
      this.#failure = error instanceof Error ? error : new Error(String(error));
      for (const wake of this.#wakes) wake?.();
    });
  }

  /** The blocks of a log, by its number, each of which holds until the next one is asked for. Rejects when the thread failed. */
  async *blocks(log: number, onProblem: (sentence: string) => void): AsyncGenerator<DecodedBlock> {
    for (;;) {
      const message = await this.#next(log);
      if (message.kind === 'end') return;
      if (message.kind === 'problem') {
        onProblem(message.sentence);
        continue;
      }
      const { place, memory, known, continues, at } = message;
      const memories = this.#memories[log]!;
      if (memory) memories[place] = memory;
      yield { ...read(message, memories[place]!), known, continues, at };
      this.#worker.postMessage({ log, place } satisfies FreeMessage);
    }
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }

  async #next(log: number): Promise<ThreadMessage> {
    const queue = this.#queues[log]!;
    for (;;) {
      const message = queue.shift();
      if (message) return message;
      if (this.#failure) throw this.#failure;
      await new Promise<void>((resolve) => (this.#wakes[log] = resolve));
    }
  }
}
