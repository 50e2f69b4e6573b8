/** Over how many days users are counted, and for how many they are kept for that. */
import type { ConfigLayers } from './layers.ts';
import * as settings from './settings.ts';

/** NodeInfo asks for the half year. */
export function takeWindows(layers: ConfigLayers): readonly number[] {
  const asks = layers.optional(settings.NODEINFO_PATH) !== undefined;
  return layers.take(settings.COUNT_WINDOWS, [...settings.USUAL_WINDOWS, ...(asks ? [settings.HALF_YEAR] : [])]);
}

/** Whoever is to be counted over so many days is kept for so long, and a day more. */
export function takeRetention(layers: ConfigLayers, windows: readonly number[]): number {
  const longest = Math.max(...windows);
  const days = layers.take(settings.INDEX_RETENTION, longest + 1);
  if (days < longest)
    layers.problems.push(
      `${layers.originOf('index.retention_days')}: index.retention_days is ${days}, and users are counted over ${longest} days (count.windows, which nodeinfo.path asks for): set it to ${longest + 1} or more, or set count.windows = [1, 7, 30]`,
    );
  return days;
}
