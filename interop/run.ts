/**
 * Clients in other languages, made by the stock Thrift compiler with the libraries of the machine, against a real server: each
 * tells of its first job over every transport and protocol that its library has, and all must tell the same.
 *
 *   node interop/run.ts [language…] [--transport framed|buffered|http] [--protocol binary|compact|json] [--build folder]
 *
 * A language whose tools are missing is left out, with a word on what to install, unless it is named. What is generated and built
 * goes into a temporary folder, or stays in the one that is given. Exits with 1 when something failed.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { difference } from './account.ts';
import { run } from './commands.ts';
import { type Language, languages, type Protocol, protocols, type Transport, transports } from './languages.ts';
import { startServer } from './server.ts';

const BUILD_MS = 15 * 60_000;
const RUN_MS = 60_000;
const PASSWORD = 'administrators-password';

type Status = 'ok' | 'failed' | 'not in the library' | 'not installed';
interface Outcome {
  readonly status: Status;
  readonly why?: string;
}

const print = (text: string) => process.stdout.write(`${text}\n`);

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    transport: { type: 'string', multiple: true, default: [...transports] },
    protocol: { type: 'string', multiple: true, default: [...protocols] },
    build: { type: 'string' },
  },
});
refuseUnknown('language', positionals, [...languages.map(({ name }) => name)]);
refuseUnknown('transport', values.transport, transports);
refuseUnknown('protocol', values.protocol, protocols);

const folder = await mkdtemp(join(tmpdir(), 'jobwright-interop-'));
const builds = values.build ?? join(folder, 'build');
const counts: Record<Status, number> = { ok: 0, failed: 0, 'not in the library': 0, 'not installed': 0 };
const server = await startServer(join(folder, 'data'), PASSWORD);
try {
  row('language', 'transport', 'protocol', '');
  for (const language of languages)
    if (positionals.length === 0 || positionals.includes(language.name)) await tryLanguage(language);
} finally {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
}
print(
  Object.entries(counts)
    .map(([status, count]) => `${status}: ${count}`)
    .join(', '),
);
if (counts.failed > 0 || counts.ok === 0) process.exitCode = 1;

async function tryLanguage(language: Language): Promise<void> {
  const missing = await missingTools(language);
  if (missing) return tell(language, '*', '*', missing);
  const failure = await buildFailure(language);
  if (failure) return tell(language, '*', '*', { status: 'failed', why: `it was not built: ${failure}` });
  for (const transport of transports) {
    if (!values.transport.includes(transport)) continue;
    const missingHere = transport === 'http' && (await missingForHttp(language));
    if (missingHere) {
      tell(language, transport, '*', missingHere);
      continue;
    }
    for (const protocol of protocols)
      if (values.protocol.includes(protocol))
        tell(language, transport, protocol, await outcomeOf(language, transport, protocol));
  }
}

async function missingTools({ name, packages, probe }: Language): Promise<Outcome | undefined> {
  const compiler = { program: 'thrift', args: ['--version'] };
  for (const command of [compiler, probe])
    if ((await run(command, RUN_MS)).failure) return notInstalled(name, `thrift-compiler ${packages}`);
  return undefined;
}

async function missingForHttp({ name, http }: Language): Promise<Outcome | undefined> {
  return http && (await run(http.probe, RUN_MS)).failure ? notInstalled(name, http.packages) : undefined;
}

function notInstalled(name: string, packages: string): Outcome {
  const status = positionals.includes(name) ? 'failed' : 'not installed';
  return { status, why: `it needs (Debian): ${packages}` };
}

async function buildFailure(language: Language): Promise<string | undefined> {
  const target = join(builds, language.name);
  await mkdir(target, { recursive: true });
  for (const command of language.build(target)) {
    const { failure } = await run(command, BUILD_MS);
    if (failure) return failure;
  }
  return undefined;
}

async function outcomeOf(language: Language, transport: Transport, protocol: Protocol): Promise<Outcome> {
  if (language.lacks?.includes(protocol)) return { status: 'not in the library' };
  const args = ['127.0.0.1', String(server.port), 'admin@localhost', transport, protocol];
  const command = language.run(join(builds, language.name), args);
  const env = { ...command.env, JOBWRIGHT_PASSWORD: PASSWORD };
  const { stdout, failure } = await run({ ...command, env }, RUN_MS);
  const why = failure ?? difference(stdout);
  return why === undefined ? { status: 'ok' } : { status: 'failed', why };
}

function tell({ name }: Language, transport: string, protocol: string, { status, why }: Outcome): void {
  counts[status] += 1;
  const [first, ...further] = why?.split('\n') ?? [];
  row(name, transport, protocol, first ? `${status}: ${first}` : status);
  for (const line of further) print(`    ${line}`);
}

function row(language: string, transport: string, protocol: string, result: string): void {
  print(`${language.padEnd(10)}${transport.padEnd(11)}${protocol.padEnd(10)}${result}`.trimEnd());
}

function refuseUnknown(what: string, given: readonly string[], known: readonly string[]): void {
  for (const name of given)
    if (!known.includes(name)) {
      process.stderr.write(`no ${what} is called ${name}; there are ${known.join(', ')}\n`);
      process.exit(2);
    }
}
