/** The languages of examples/clients: what each needs, how its client is generated, built and run, and what its library lacks. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Command } from './commands.ts';

export const transports = ['framed', 'buffered', 'http'] as const;
export const protocols = ['binary', 'compact', 'json'] as const;
export type Transport = (typeof transports)[number];
export type Protocol = (typeof protocols)[number];

export interface Language {
  readonly name: string;
  /** Debian's packages beside the compiler. */
  readonly packages: string;
  /** Succeeds where they are installed. */
  readonly probe: Command;
  /** Where HTTP takes more packages. */
  readonly http?: { readonly packages: string; readonly probe: Command };
  readonly lacks?: readonly Protocol[];
  /** From the interface to something that runs, in a folder of its own. */
  build(folder: string): readonly Command[];
  /** @param args host, port, e-mail address, transport, protocol */
  run(folder: string, args: readonly string[]): Command;
}

const root = join(import.meta.dirname, '..');
const clients = join(root, 'examples/clients');

const shell = (script: string, ...args: string[]): Command => ({ program: 'sh', args: ['-ec', script, 'sh', ...args] });

/** $1 is the folder with the interface, $2 where the code goes, $3 the name of the generator. */
const generate = 'mkdir -p "$2"; for f in "$1"/*.thrift; do thrift --gen "$3" -out "$2" "$f"; done';

const generated = (folder: string, generator: string) => shell(generate, join(root, 'idl'), folder, generator);

const make = (language: string, folder: string, ...args: string[]): Command => ({
  program: 'make',
  args: ['-s', '-C', join(clients, language), `BUILD=${folder}`, ...args],
});

const python: Language = {
  name: 'python',
  packages: 'python3-thrift',
  probe: { program: '/usr/bin/python3', args: ['-c', 'import thrift'] },
  build: folder => [generated(folder, 'py')],
  run: (folder, args) => ({
    program: '/usr/bin/python3',
    args: [join(clients, 'python/first_job.py'), ...args],
    env: { PYTHONPATH: folder },
  }),
};

const java: Language = {
  name: 'java',
  packages: 'make default-jdk-headless libthrift-java libslf4j-java libcommons-lang3-java',
  probe: shell(
    'javac -version; make --version; test -f /usr/share/java/thrift.jar -a -f /usr/share/java/slf4j-nop.jar',
  ),
  build: folder => [make('java', folder)],
  run: (folder, args) => make('java', folder, 'run', `ARGS=${args.join(' ')}`),
};

const go: Language = {
  name: 'go',
  packages: 'make golang-go golang-thrift-dev',
  probe: shell('go version; make --version; test -d /usr/share/gocode/src/github.com/apache/thrift'),
  build: folder => [make('go', folder)],
  run: (folder, args) => ({ program: join(folder, 'first_job'), args }),
};

const cpp: Language = {
  name: 'cpp',
  packages: 'make g++ libthrift-dev libboost-dev',
  probe: {
    program: 'g++',
    args: ['-fsyntax-only', '-x', 'c++', '-'],
    stdin: '#include <thrift/transport/TTransportException.h>\n',
  },
  build: folder => [make('cpp', folder, `-j${availableParallelism()}`, 'CXXFLAGS=-O0')],
  run: (folder, args) => ({ program: join(folder, 'first_job'), args }),
};

const perl: Language = {
  name: 'perl',
  packages: 'libthrift-perl libbit-vector-perl libclass-accessor-perl',
  probe: { program: 'perl', args: ['-MThrift::BinaryProtocol', '-MClass::Accessor', '-e1'] },
  http: {
    packages: 'libwww-perl libio-string-perl',
    probe: { program: 'perl', args: ['-MThrift', '-MThrift::HttpClient', '-e1'] },
  },
  lacks: ['compact', 'json'],
  build: folder => [generated(folder, 'perl')],
  run: (folder, args) => ({ program: 'perl', args: ['-I', folder, join(clients, 'perl/first_job.pl'), ...args] }),
};

const ruby: Language = {
  name: 'ruby',
  packages: 'ruby-thrift',
  probe: { program: 'ruby', args: ['-rthrift', '-e0'] },
  build: folder => [
    shell(
      'mkdir -p "$2"; cp "$1"/*.thrift "$2"; sed -i -E "s/ fields;/ fieldList;/" "$2"/jobs.thrift',
      join(root, 'idl'),
      join(folder, 'idl'),
    ),
    shell(generate, join(folder, 'idl'), join(folder, 'gen'), 'rb'),
  ],
  run: (folder, args) => ({
    program: 'ruby',
    args: ['-I', join(folder, 'gen'), join(clients, 'ruby/first_job.rb'), ...args],
  }),
};

const php: Language = {
  name: 'php',
  packages: 'php-cli php-thrift',
  probe: shell('php --version; test -f /usr/lib/php/Protocol/TBinaryProtocol.php'),
  build: folder => [generated(folder, 'php')],
  run: (folder, args) => ({
    program: 'php',
    args: [join(clients, 'php/first_job.php'), ...args],
    env: { GENERATED: folder },
  }),
};

export const languages: readonly Language[] = [python, java, go, cpp, perl, ruby, php];
