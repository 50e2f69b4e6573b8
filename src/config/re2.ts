/** What runs expressions of administrators in linear time: loaded for those who have some, as each start would take longer with it. */
import { createRequire } from 'node:module';
import type * as Re2 from 're2js';

export const loadRe2 = (): typeof Re2 => createRequire(import.meta.url)('re2js') as typeof Re2;
