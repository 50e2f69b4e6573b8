/**
 * The thread that reads old logs, unpacks them, and decodes their lines, while another one counts: it knows no users. Of each log
 * it is ahead by one block.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { loadRe2 } from '../config/re2.ts';
import { EventBatch, LOGIN_WORDS } from '../format/event-batch.ts';
import { defineDialects } from '../format/format.ts';
import type { Rest } from '../format/log-format.ts';
import { readArchivedFile } from './archive/arrange.ts';
import {
  PLACES,
  sizeOf,
  write,
  type BlockMessage,
  type DecodingTask,
  type FreeMessage,
  type LogTask,
  type ThreadMessage,
} from './decoding.ts';
import { LogReader } from './log-reader.ts';
import { newRecords, scannersWithoutNames } from './new-users.ts';

const NO_BYTES = Buffer.alloc(0);
/** More room than a block needs: the next ones will need a little more or less. */
const SPARE = 1.25;

const port = parentPort!;
const tell = (message: ThreadMessage): void => port.postMessage(message);

/** The places of a log, of which one is taken for each block. */
class Places {
  readonly #memories: (SharedArrayBuffer | undefined)[] = Array.from({ length: PLACES }, () => undefined);
  readonly #free = [...this.#memories.keys()];
  #wake: (() => void) | undefined;

  free(place: number): void {
    this.#free.push(place);
    this.#wake?.();
  }

  /** Waits until there is one. */
  async put(batch: EventBatch): Promise<Pick<BlockMessage, 'place' | 'memory'>> {
    if (this.#free.length === 0) await new Promise<void>((resolve) => (this.#wake = resolve));
    const place = this.#free.shift()!;
    const size = sizeOf(batch);
    const known = this.#memories[place];
    const memory = known && known.byteLength >= size ? known : new SharedArrayBuffer(Math.ceil(size * SPARE));
    this.#memories[place] = memory;
    write(batch, memory);
    return { place, ...(memory !== known && { memory }) };
  }
}

const scannerOf = scannersWithoutNames();
const records = newRecords();

async function read({ files, horizon, ...options }: LogTask, log: number, places: Places): Promise<void> {
  const reader = new LogReader({ ...options, horizon: () => horizon }, scannerOf, records);
  const batch = new EventBatch(NO_BYTES);
  const put = async (
    bytes: Buffer,
    { rest, ...of }: Pick<BlockMessage, 'continues' | 'at'> & { rest?: Rest },
  ): Promise<void> => {
    batch.begin(bytes);
    const decoded = bytes.length > 0 || rest ? reader.decode(batch, undefined, rest) : undefined;
    const known = decoded && { decoded, waiting: reader.waiting, rival: reader.rival };
    const { count, others, logins } = batch;
    const place = await places.put(batch);
    tell({
      kind: 'block',
      log,
      ...place,
      ...of,
      count,
      others,
      logins: logins.length / LOGIN_WORDS,
      bytes: batch.bytes.length,
      known,
    });
  };
  const putRest = async (rest: Rest): Promise<void> => {
    if (reader.waiting > 0) await put(NO_BYTES, { rest, continues: true, at: undefined });
  };
  const onProblem = (sentence: string): void => tell({ kind: 'problem', log, sentence });
  for (const [number, { stamp, head, ...file }] of files.entries()) {
    const archivedFile = { ...file, head: Buffer.from(head) };
    reader.beginFile({ ...file, ...(stamp !== undefined && { stamp }) });
    let continues = false;
    for await (const { bytes, position } of readArchivedFile(archivedFile, {
      complete: true,
      isOnce: true,
      onProblem,
    })) {
      await put(bytes, { continues, at: { file: number, offset: position.offset } });
      continues = true;
    }
    await putRest('file');
  }
  await putRest('end');
  tell({ kind: 'end', log });
}

const { logs, dialects } = workerData as DecodingTask;
defineDialects(dialects, loadRe2);
const all = logs.map(() => new Places());
port.on('message', ({ log, place }: FreeMessage) => all[log]!.free(place));
await Promise.all(logs.map((task, log) => read(task, log, all[log]!)));
port.close();
