/** The Debian package: built as the README says, installed by apt in a real systemd, upgraded, removed and purged. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { bootBox, type Box } from './systemd-box.ts';

const CLONE = fileURLToPath(new URL('../../../', import.meta.url));
const LOG = '/var/log/prosody/prosody.log';
/** Where the box shows what lies outside. */
const COPY = mkdtempSync(join(tmpdir(), 'deb-'));
const NEEDED = {
  dh: 'debhelper',
  lintian: 'lintian',
  'equivs-build': 'equivs',
  mandoc: 'mandoc',
  zsh: 'zsh',
  fish: 'fish',
};

const sh = (script: string, cwd = COPY): string => {
  const env = { ...process.env, SOURCE_DATE_EPOCH: '1772413200' };
  const { status, stdout, stderr } = spawnSync('sh', ['-euc', script], { cwd, env, encoding: 'utf8' });
  assert.equal(status, 0, `${script}: ${stdout}${stderr}`);
  return stdout;
};

void describe('the Debian package', () => {
  let box: Box;
  const inBox = (script: string): string => box.must(['sh', '-euc', script]);

  before(() => {
    for (const [program, name] of Object.entries(NEEDED))
      sh(`command -v ${program} >/dev/null || { echo "${program} is missing: apt-get install ${name}"; exit 1; }`);
    const left = new Set(['.git', 'dist', 'node_modules']);
    for (const name of readdirSync(CLONE).filter((entry) => !left.has(entry)))
      cpSync(join(CLONE, name), join(COPY, name), { recursive: true });
    symlinkSync(join(CLONE, 'node_modules'), join(COPY, 'node_modules'));
    sh('npm run --silent deb -- amd64 arm64');
    box = bootBox('usr');
  });
  after(() => {
    box.halt();
    rmSync(COPY, { recursive: true });
  });

  void test('holds LevelDB of its architecture only, and nothing that lintian calls an error [11.5]', () => {
    for (const [architecture, machine] of [
      ['amd64', 'linux-x64'],
      ['arm64', 'linux-arm64'],
    ]) {
      const files = sh(`dpkg-deb --contents xmpp-active-users_*_${architecture}.deb`);
      assert.equal(files.match(/\/prebuilds\/.*\.node$/gm)?.length, 1);
      assert.match(files, new RegExp(`/prebuilds/${machine}/classic-level`));
      assert.doesNotMatch(files, /node_modules\/(typescript|prettier|esbuild|fast-check|unix-dgram)\//);
    }
    sh('lintian --allow-root --fail-on error xmpp-active-users_*_$(dpkg --print-architecture).deb');
    const { components } = JSON.parse(readFileSync(join(COPY, sh('ls *.cdx.json').trim()), 'utf8')) as {
      components: { name: string }[];
    };
    assert.ok(components.some(({ name }) => name === 'classic-level'));
    assert.ok(!components.some(({ name }) => name === 'typescript'));
  });

  void test('is taken by apt, and its service counts [11.5]', () => {
    provideNode();
    older();
    inBox(`mkdir -p /var/log/prosody /var/opt/deb; rm -f /usr/sbin/policy-rc.d`);
    box.must(['tee', LOG], ['alice', 'bob'].map((user, i) => login(`c2s${i}`, user)).join(''));
    install('older');
    answers(2);
    assert.match(inBox('systemctl is-enabled xmpp-active-users'), /^enabled/);
    assert.equal(
      inBox('systemctl show --value -p FragmentPath xmpp-active-users')
        .trim()
        .endsWith('/systemd/system/xmpp-active-users.service'),
      true,
    );
  });

  void test('has manual pages without a fault, and completes in three shells [11.5]', () => {
    for (const file of ['man1/xmpp-active-users.1.gz', 'man5/xmpp-active-users.toml.5.gz'])
      inBox(`zcat /usr/share/man/${file} | mandoc -Tlint -Wwarning`);
    const bash = `. /usr/share/bash-completion/completions/xmpp-active-users
      COMP_WORDS=(xmpp-active-users hi) COMP_CWORD=1; _xmpp_active_users; echo "$COMPREPLY"`;
    assert.equal(box.must(['bash', '--norc', '-ec', bash]), 'history\n');
    assert.match(inBox(`fish --command 'complete --do-complete "xmpp-active-users hi"'`), /^history\t/);
    inBox('zsh -n /usr/share/zsh/vendor-completions/_xmpp-active-users');
  });

  void test('is upgraded with its index, and keeps a changed configuration [11.5]', () => {
    inBox(`sed -i 's/^#port = .*/port = 8126/' /etc/xmpp-active-users/config.toml; : >${LOG}`);
    install('');
    answers(2);
    inBox("grep -qx 'port = 8126' /etc/xmpp-active-users/config.toml");
  });

  void test('is purged, and nothing is left [11.5]', () => {
    inBox('DEBIAN_FRONTEND=noninteractive apt-get -qq purge -y xmpp-active-users >/dev/null');
    const left = inBox("find /etc /usr /var /run -xdev -name '*xmpp-active-users*' -not -path '/var/log/journal/*'");
    assert.equal(left, '');
  });

  const login = (id: string, user: string): string =>
    `${new Date().toISOString().slice(0, 19)}+0000 ${id}\tinfo\tAuthenticated as ${user}@chat.example\n`;

  /** The same under an earlier version. */
  function older(): void {
    sh(`mkdir older && dpkg-deb --raw-extract xmpp-active-users_*_$(dpkg --print-architecture).deb tree
      sed -i 's/^Version: .*/Version: 0.0.9/' tree/DEBIAN/control
      dpkg-deb -Znone --build tree older/xmpp-active-users_0.0.9_$(dpkg --print-architecture).deb`);
  }

  /** A package of that name over this machine's Node, where it comes from elsewhere. */
  function provideNode(): void {
    if (box.run(['sh', '-c', 'dpkg-query --show nodejs']).code === 0) return;
    sh(`printf 'Package: nodejs\\nVersion: ${process.versions.node}\\n' >nodejs && equivs-build nodejs`);
    box.must(['tee', '/var/tmp/nodejs.deb'], readFileSync(join(COPY, sh('ls nodejs_*.deb').trim())));
    inBox(`dpkg --install /var/tmp/nodejs.deb; ln -sf ${process.execPath} /usr/bin/node`);
  }

  function install(folder: string): void {
    const name = sh('ls xmpp-active-users_*_$(dpkg --print-architecture).deb', join(COPY, folder)).trim();
    box.must(['tee', `/var/opt/deb/${name}`], readFileSync(join(COPY, folder, name)));
    inBox(`cd /var/opt/deb; DEBIAN_FRONTEND=noninteractive apt-get -qq install -y ./${name} >/dev/null; rm ${name}`);
  }

  /** Whoever asks is told so until it has read its log. */
  function answers(users: number): void {
    const asked = `test -S /run/xmpp-active-users/control.sock && xmpp-active-users count --json 2>&1 | grep -q '"d1":${users}'`;
    inBox(`for i in $(seq 600); do ${asked} && exit 0; sleep 0.1; done; systemctl status xmpp-active-users; exit 1`);
  }
});
