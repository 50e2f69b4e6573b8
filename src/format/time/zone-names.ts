/**
 * What the abbreviations of `%Z` mean. One may stand for several offsets (IST for three), so it does not replace the
 * `timezone` of a log: it must be one that this zone has at that time, and it tells the halves of an hour that repeats.
 *
 * From the IANA time zone data of 2005 to 2037, all zones, in minutes east of UTC. Zones that have a number for a name
 * (`+03`) need no entry: that is an offset.
 */
const MINUTES: Readonly<Record<string, readonly number[]>> = {
  ...{ ACDT: [630], ACST: [570], ADT: [-180], AEDT: [660], AEST: [600], AKDT: [-480], AKST: [-540], AST: [-240] },
  ...{ AWDT: [540], AWST: [480], BST: [60], CAT: [120], CDT: [-300, -240], CEST: [120], CET: [60] },
  ...{ CST: [-360, -300, 480], ChST: [600], EAT: [180], EDT: [-240], EEST: [180], EET: [120], EST: [-300] },
  ...{ HDT: [-540], HKT: [480], HST: [-600], IDT: [180], IST: [60, 120, 330], JST: [540], KST: [510, 540] },
  ...{ MDT: [-360], MEST: [120], MET: [60], MSD: [240], MSK: [180, 240], MST: [-420], NDT: [-150], NST: [-210] },
  ...{ NZDT: [780], NZST: [720], PDT: [-420], PKST: [360], PKT: [300], PST: [-480, 480], SAST: [120], SST: [-660] },
  ...{ WAT: [60], WEST: [60], WET: [0], WIB: [420], WIT: [540], WITA: [480] },
};

const OFFSETS = new Map(Object.entries(MINUTES).map(([name, minutes]) => [name, minutes.map((each) => each * 60)]));

/** For a pattern; the longer first, as MEST begins with no other but WITA with WIT. */
export const ZONE_NAMES = [...OFFSETS.keys()].toSorted((a, b) => b.length - a.length).join('|');

/** Whether a zone of that name may be so many seconds east of UTC. Of a name that is not known nothing is said. */
export function mayHaveOffset(name: string, offset: number): boolean {
  return OFFSETS.get(name)?.includes(offset) ?? true;
}
