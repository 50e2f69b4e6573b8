/**
 * How long tests wait for what must come. A deadline only ends what hangs: none may fail because the machine is busy, and so
 * no test asserts how quick something is. What must not grow with the square of its input gets so much of it that it would
 * not end. Where tests are to fail, as for the guards, it is set shorter.
 */
export const DEADLINE_MS = Number(process.env['TEST_DEADLINE_MS'] ?? 120_000);

export const deadline = (): AbortSignal => AbortSignal.timeout(DEADLINE_MS);
