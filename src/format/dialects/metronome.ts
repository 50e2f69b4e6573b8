/**
 * Metronome 3 and 4, a fork of Prosody 0.9: it writes what that did (plugins/mod_c2s.lua, plugins/mod_bosh.lua,
 * core/sessionmanager.lua, core/loggingmanager.lua), and marks no continuation of a message either.
 */
import type { Dialect } from './dialect.ts';
import { prosody } from './prosody.ts';
import { METRONOME } from './prosody-messages.ts';

export const metronome: Dialect = {
  ...prosody,
  name: 'metronome',
  welcome: METRONOME,
  isForgeable: () => true,
  advice: {
    ...prosody.advice,
    infoLog:
      'in metronome.cfg.lua log = { { levels = { min = "info" }, to = "file", filename = "/var/log/metronome/metronome.log" } }',
    quoting: 'which Metronome does not mark',
  },
};
