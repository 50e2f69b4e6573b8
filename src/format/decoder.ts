/**
 * Blocks of lines made into batches of events. The scanner takes the lines of the usual form; the others go to the reader
 * one by one, which is the definition of what a line says.
 */
import type { EventBatch } from './event-batch.ts';
import type { LineDecoder, RunEnd } from './line-decoder.ts';
import type { ScanPlan } from './scanner/plan.ts';
import { startsWith } from './scanner/bytes.ts';
import type { LineScanner, Tick } from './scanner/scanner.ts';

const NEWLINE = 10;

/**
 * Adds the events of the batch's lines from `from` on to it; the last byte of them is a newline. Returns where they end, which is
 * before the end of the batch where `runEnd` says so.
 */
export function decode(
  batch: EventBatch,
  reader: LineDecoder,
  scannerOf: (plan: ScanPlan) => LineScanner,
  from = 0,
  runEnd?: RunEnd,
): number {
  // An object of its own: a scanner takes it for the same bytes as long as it is the same object.
  const bytes = batch.bytes.subarray();
  let text: string | undefined;
  const wholeText = (): string => (text ??= bytes.toString('latin1'));
  let tick: Tick | undefined;
  let to = bytes.length;
  const hold = (at: number): boolean => {
    const isHeld = runEnd?.hold(at) === true;
    if (isHeld) to = Math.min(to, at);
    return isHeld;
  };
  reader.begin(() => wholeText().slice(from), hold);
  for (let at = from; at < to;) {
    const { plan } = reader;
    if (tick && plan) {
      const scanner = scannerOf(plan);
      at = scanner.scan(bytes, at, to, tick, reader.last, reader.mostInSecond);
      batch.addScanned(scanner);
      reader.passed(scanner, bytes);
    }
    if (at === to) break;
    const end = text === undefined ? bytes.indexOf(NEWLINE, at) : text.indexOf('\n', at);
    const line = plan && bytes.toString('latin1', at, end);
    const isAlone = line !== undefined && !reader.needsContext(line);
    const isOfTick = tick !== undefined && startsWith(bytes, at, tick.head);
    // Another hour begins mostly with a line that the scanner knows as well.
    const next = tick && !isOfTick && isAlone ? reader.tickOf(line) : undefined;
    if (next) {
      tick = next;
      continue;
    }
    const event = isAlone ? reader.line(line, 0, line.length) : reader.line(wholeText(), at, end);
    if (event) batch.add(event);
    else if (reader.isStrange && end > at) to = runEnd?.endOf(at) ?? to;
    if (at >= to) reader.takeBack(1 + at - to);
    if (line !== undefined && !isOfTick) tick = reader.tickOf(line);
    at = end + 1;
  }
  reader.end();
  return to;
}
