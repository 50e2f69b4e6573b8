/** Names of nodes stand in keys of Redis, in the journal and in names of metrics. */
export const isNodeName = (text: string): boolean => /^[\w.-]{1,64}$/.test(text);
export const NODE_NAME = 'take letters, digits, "_", "-" and ".", as in "node1"';
