/** The program as it is begun for `run`: one file, which `bundle.mjs` makes, as a daemon that is started often should start fast. */
import { createRequire } from 'node:module';

createRequire(import.meta.url)('../program/daemon.cjs');
