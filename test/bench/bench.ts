/** `npm run bench`: what the program costs, as ratios against a peer in the same run; nothing is asserted here. */
import { benchFollowing } from './following.ts';
import { benchReading } from './reading.ts';

await benchFollowing();
await benchReading();
