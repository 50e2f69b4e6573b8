/** What is run inside Redis, by name. Each touches the keys of one slot only. */
import { APPLY } from './apply.ts';
import { CONFIRM, LEAD, LOOK, REMOVE, RESULT, SILENCE } from './control.ts';
import { CLAIM, COUNT, DISTRUST, GONE, HELLO, HOSTS, LEAVE, PRUNE, RESET, WHOLE } from './slot.ts';

export const SCRIPTS = {
  ...{
    apply: APPLY,
    hello: HELLO,
    reset: RESET,
    whole: WHOLE,
    distrust: DISTRUST,
    claim: CLAIM,
    leave: LEAVE,
    count: COUNT,
    prune: PRUNE,
    hosts: HOSTS,
    gone: GONE,
  },
  ...{ look: LOOK, lead: LEAD, result: RESULT, confirm: CONFIRM, remove: REMOVE, silence: SILENCE },
};

export type ScriptName = keyof typeof SCRIPTS;
export type Scripts = Readonly<Record<ScriptName, string>>;
