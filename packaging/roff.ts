/** Pages for man(1): text into the macros of man(7). */

/** Text that must stand as it is: no macro, no escape, and hyphens that can be copied. */
export function escaped(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('~', '\\(ti')
    .replaceAll('^', '\\(ha')
    .replaceAll('`', '\\(ga')
    .replaceAll(/^([.'])/gm, '\\&$1');
}

export const bold = (text: string): string => `\\fB${escaped(text)}\\fR`;

/** What is to be typed is bold, what stands for something else (`<file>`, `[file...]`) is not. */
export function typed(words: string): string {
  return words
    .split(' ')
    .map((word) => (/^[<[]/.test(word) ? escaped(word) : bold(word)))
    .join(' ');
}

export function sentence(text: string): string {
  const begun = `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
  return /[.?!)]$/.test(begun) ? begun : `${begun}.`;
}

export interface Page {
  readonly name: string;
  readonly section: 1 | 5;
  /** One line, as apropos(1) shows it. */
  readonly what: string;
  readonly version: string;
  /** Of the page, YYYY-MM-DD. */
  readonly date: string;
  /** Macros and escaped text. */
  readonly body: readonly string[];
}

export function page({ name, section, what, version, date, body }: Page): string {
  const manual = section === 1 ? 'User Commands' : 'File Formats';
  const title = `.TH ${escaped(name.toUpperCase())} ${section} ${date} "xmpp\\-active\\-users ${escaped(version)}" "${manual}"`;
  return [title, '.SH NAME', `${escaped(name)} \\- ${escaped(what)}`, ...body, ''].join('\n');
}

/** A word or several, and below it what it means. */
export const item = (head: string, meaning: string): string[] => ['.TP', head, meaning];

/** Text of a `--help`: what is indented there stays as it is, line by line; the rest is filled. */
export function prose(text: string): string[] {
  const blocks = text.trim().match(/(?:^(?: .*)(?:\n|$))+|(?:^\S.*(?:\n|$))+/gm) ?? [];
  return blocks.flatMap((block) => {
    const lines = block.trimEnd().split('\n');
    if (!block.startsWith(' ')) return ['.PP', ...lines.map(escaped)];
    return ['.PP', '.RS 4', '.nf', ...lines.map((line) => escaped(line.replace(/^ {2}/, ''))), '.fi', '.RE'];
  });
}
