/**
 * Machines of a network: network namespaces of this machine, with cables (veth) to two switches (bridges). Who is plugged into the other switch
 * is cut off from the others, while all that are there reach each other. Metrics go another way, which is never cut. Only root may have that.
 */
import { execFileSync } from 'node:child_process';

export class Network {
  readonly #name = `xc${process.pid.toString(36)}`;
  readonly #subnet = `10.${100 + (process.pid % 100)}.${Math.floor(process.pid / 100) % 256}`;
  readonly #machines: number;

  private constructor(machines: number) {
    this.#machines = machines;
  }

  /** Undefined where that is not permitted. */
  static open(machines: number): Network | undefined {
    const network = new Network(machines);
    try {
      network.#build();
      return network;
    } catch {
      network.close();
      return undefined;
    }
  }

  /** Of this process, on the way of the metrics. */
  get metrics(): string {
    return `${this.#subnet}.129`;
  }

  address(machine: number): string {
    return `${this.#subnet}.${10 + machine}`;
  }

  /** What runs a command on a machine. */
  on(machine: number): readonly string[] {
    return ['ip', 'netns', 'exec', this.#space(machine)];
  }

  /** These machines are cut off from all others, but not from each other. */
  cut(machines: readonly number[]): void {
    this.#plug(machines, 'B');
  }

  heal(machines: readonly number[]): void {
    this.#plug(machines, 'A');
  }

  close(): void {
    const all = Array.from({ length: this.#machines }, (_, machine) => `netns del ${this.#space(machine)}`);
    // As far as it was built.
    for (const command of [...all, ...['A', 'B', 'M'].map((bridge) => `link del ${this.#name}${bridge}`)]) {
      try {
        ip([command]);
      } catch {
        continue;
      }
    }
  }

  #build(): void {
    const [name, subnet] = [this.#name, this.#subnet];
    const bridges = ['A', 'B', 'M'].flatMap((bridge) => [
      `link add ${name}${bridge} type bridge`,
      `link set ${name}${bridge} up`,
    ]);
    ip([...bridges, `addr add ${subnet}.1/25 dev ${name}A`, `addr add ${this.metrics}/25 dev ${name}M`]);
    for (let machine = 0; machine < this.#machines; machine++) this.#add(machine);
  }

  #add(machine: number): void {
    const [name, space] = [this.#name, this.#space(machine)];
    ip([
      `netns add ${space}`,
      `link add ${name}a${machine} type veth peer name data netns ${space}`,
      `link add ${name}m${machine} type veth peer name metrics netns ${space}`,
      `link set ${name}a${machine} master ${name}A up`,
      `link set ${name}m${machine} master ${name}M up`,
    ]);
    const own = ['link set lo up', 'link set data up', 'link set metrics up'];
    ip(
      [
        ...own,
        `addr add ${this.address(machine)}/25 dev data`,
        `addr add ${this.#subnet}.${138 + machine}/25 dev metrics`,
      ],
      space,
    );
  }

  #plug(machines: readonly number[], bridge: string): void {
    ip(machines.map((machine) => `link set ${this.#name}a${machine} master ${this.#name}${bridge}`));
  }

  #space(machine: number): string {
    return `${this.#name}n${machine}`;
  }
}

function ip(commands: readonly string[], space?: string): void {
  const args = [...(space === undefined ? [] : ['-n', space]), '-batch', '-'];
  execFileSync('ip', args, { input: commands.join('\n'), stdio: ['pipe', 'ignore', 'pipe'] });
}
