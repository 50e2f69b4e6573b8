/** Completion for bash, zsh and fish: the same commands, options and values in the words of each. */
import type { CommandText, Completion, OptionText, ProgramText } from './description.ts';

export function bashCompletion({ name, commands, options }: ProgramText): string {
  const taking = [...options, ...commands.flatMap((command) => command.options)].filter(({ value }) => value);
  const flags = [...new Set(taking.map(({ long }) => long))];
  const ofCommand = ({ name: command, options: own }: CommandText): string[] => bashValues(command, own);
  return `# bash completion for ${name}
_xmpp_active_users() {
    local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} command='' i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case \${COMP_WORDS[i]} in
            ${flags.join(' | ')}) ((i++)) ;;
            -*) ;;
            *) command=\${COMP_WORDS[i]}; break ;;
        esac
    done
    case $command:$prev in
${[...bashValues('*', options), ...commands.flatMap(ofCommand)].join('\n')}
    esac
    case $command:$cur in
${commands.map((command) => `        ${command.name}:-*) ${bashWords(longFlags([...command.options, ...options]))} ;;`).join('\n')}
        *:-*) ${bashWords(longFlags(options))} ;;
${commands.map((command) => `        ${command.name}:*) ${bashCode(command.argument)} ;;`).join('\n')}
        :*) ${bashWords(commands.map((command) => command.name))} ;;
    esac
}
complete -F _xmpp_active_users ${name}
`;
}

const longFlags = (options: readonly OptionText[]): string[] => options.map(({ long }) => long);

function bashValues(command: string, options: readonly OptionText[]): string[] {
  return options.flatMap(({ long, value }) =>
    value ? [`        ${command}:${long}) ${bashCode(value)}; return ;;`] : [],
  );
}

function bashCode(value: Completion): string {
  if (value.kind !== 'words') return BASH[value.kind];
  return `${value.open ? 'compopt -o nospace; ' : ''}${bashWords(value.words)}`;
}

const BASH = {
  nothing: ':',
  files: 'compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")',
  directories: 'compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur")',
};

const bashWords = (words: readonly string[]): string =>
  `mapfile -t COMPREPLY < <(compgen -W '${words.join(' ')}' -- "$cur")`;

export function zshCompletion({ name, commands, options }: ProgramText): string {
  const specs = (own: readonly OptionText[]): string[] => [...own, ...options].map(zshOption);
  const one = (command: CommandText): string =>
    `                ${command.name}) _arguments ${[...specs(command.options), quoted(`*:argument:${zshAction(command.argument)}`)].join(' ')} ;;`;
  return `#compdef ${name}
_${name}() {
    local curcontext=$curcontext state line
    typeset -A opt_args
    _arguments -C ${options.map(zshOption).join(' ')} '1:command:->command' '*::argument:->argument'
    case $state in
        command)
            local -a commands=(${commands.map((command) => quoted(`${command.name}:${command.what}`)).join(' ')})
            _describe command commands
            ;;
        argument)
            case $words[1] in
${commands.map(one).join('\n')}
            esac
            ;;
    esac
}
_${name} "$@"
`;
}

/** "*": an option may be given again. */
function zshOption({ long, what, value }: OptionText): string {
  const meaning = what.replaceAll(/[[\]:\\]/g, '\\$&');
  return quoted(`*${long}[${meaning}]${value ? `:value:${zshAction(value)}` : ''}`);
}

function zshAction(value: Completion): string {
  if (value.kind !== 'words') return ZSH[value.kind];
  const words = value.words.join(' ');
  return value.open ? `compadd -S "" -- ${words}` : `(${words})`;
}

const ZSH = { nothing: ' ', files: '_files', directories: '_files -/' };

export function fishCompletion({ name, commands, options }: ProgramText): string {
  const complete = `complete --command ${name}`;
  const names = commands.map((command) => command.name).join(' ');
  const ofCommand = (command: CommandText): string[] => {
    const inside = `${complete} --condition '__fish_seen_subcommand_from ${command.name}'`;
    return [...command.options.map((option) => `${inside} ${fishOption(option)}`), ...fishArgument(inside, command)];
  };
  const lines = [
    `# fish completion for ${name}`,
    `${complete} --no-files`,
    ...commands.map(
      (command) =>
        `${complete} --condition 'not __fish_seen_subcommand_from ${names}' --arguments ${command.name} --description ${fishQuoted(command.what)}`,
    ),
    ...options.map((option) => `${complete} ${fishOption(option)}`),
    ...commands.flatMap(ofCommand),
  ];
  return `${lines.join('\n')}\n`;
}

function fishArgument(inside: string, { argument }: CommandText): string[] {
  return argument.kind === 'nothing' ? [] : [`${inside} ${fishValue(argument)}`];
}

function fishOption({ long, short, what, value }: OptionText): string {
  const flags = [
    `--long-option ${long.slice(2)}`,
    ...(short === undefined ? [] : [`--short-option ${short.slice(1)}`]),
  ];
  const values = value ? ['--require-parameter', fishValue(value)] : [];
  return [...flags, '--description', fishQuoted(what), ...values].join(' ');
}

function fishValue(value: Completion): string {
  return value.kind === 'words' ? `--no-files --arguments '${value.words.join(' ')}'` : FISH[value.kind];
}

const FISH = {
  nothing: '--no-files',
  files: '--force-files',
  directories: "--no-files --arguments '(__fish_complete_directories)'",
};

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const fishQuoted = (text: string): string => `'${text.replaceAll(/['\\]/g, '\\$&')}'`;
