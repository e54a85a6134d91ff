/** The command line: what there is and what it is called. Each command lives in a file of its own, loaded when it is called. */
import { Command, Option } from 'commander';
import { variables } from '../config/env.ts';
import { version } from '../config/version.ts';
import { admin } from './admin/admin.ts';
import type { ImportOptions } from './import.ts';
import { complain, inWords, print } from './output.ts';
import type { ServeOptions } from './serve.ts';

export async function main(argv: readonly string[]): Promise<void> {
  try {
    await program().parseAsync(argv);
  } catch (error) {
    complain(`jobwright: ${inWords(error)}`);
    process.exitCode = 1;
  }
}

function program(): Command {
  const jobwright = new Command('jobwright')
    .description(
      'Work that must be done the approved way: versioned job templates and the jobs made from them, over Apache Thrift.',
    )
    .addHelpText(
      'after',
      '\nThe interface is in idl/; docs/ explains the rest. "jobwright COMMAND --help" says more about each command.',
    );

  jobwright
    .command('serve')
    .description('start the server')
    .option('--workers <number>', 'how many processes serve (JOBWRIGHT_WORKERS)')
    .addHelpText('after', serveHelp())
    .action(async (options: ServeOptions) => (await import('./serve.ts')).serve(options, print));

  addImport(jobwright);

  jobwright
    .command('demo')
    .description('run real procedures end to end on a server of its own, mistakes included, and tell what happened')
    .addHelpText(
      'after',
      '\nNothing is kept: the server listens on a free port of this machine and its database is deleted at the end.',
    )
    .action(async () => {
      const { demo } = await import('./demo/demo.ts');
      if (!(await demo(print))) process.exitCode = 1;
    });

  jobwright.addCommand(admin());
  addDatabaseCommands(jobwright);

  jobwright
    .command('version')
    .description('print the version')
    .action(() => print(version));

  return jobwright;
}

function addImport(jobwright: Command): void {
  jobwright
    .command('import')
    .description('write procedures from JSON files into a running server, each as a new template')
    .argument(
      '<file...>',
      'JSON files in the shape of job_template.JobTemplate: title, descrip, typ, defaults, extendedPropertyTables, stepGroup (see examples/procedures)',
    )
    .option('--host <address>', 'where the server listens', '127.0.0.1')
    .option('--port <number>', 'its port', '9090')
    .requiredOption('--email <address>', 'who imports: needs the role AUTHOR or ADMIN')
    .addOption(new Option('--password <text>', 'the password').env('JOBWRIGHT_PASSWORD').makeOptionMandatory())
    .option('--team <id>', 'the team to import into; needed only by members of several teams')
    .option('--publish', 'publish each template once it is complete', false)
    .addHelpText(
      'after',
      '\nExample:\n  JOBWRIGHT_PASSWORD=… jobwright import --email admin@localhost --publish examples/procedures/*.json',
    )
    .action(async (files: string[], options: ImportOptions) =>
      (await import('./import.ts')).importFiles(files, options, print),
    );
}

function addDatabaseCommands(jobwright: Command): void {
  const settings = '\nThe settings are those of "jobwright serve": JOBWRIGHT_DATA names the folder of the database.';

  jobwright
    .command('backup')
    .description('write the embedded database into one file, as it is at this moment; a server may run meanwhile')
    .argument('<file>', 'where to; for its owner alone, since secrets stand in it')
    .option('--force', 'replace a file that is there, once the new one is whole', false)
    .addHelpText('after', `${settings}\nOn PostgreSQL use pg_dump (docs/admin.md).`)
    .action(async (file: string, options: { force: boolean }) =>
      (await import('./backup.ts')).backup(file, options, print),
    );

  jobwright
    .command('restore')
    .description('put a backup in the place of the embedded database; no server may run on it')
    .argument('<file>', 'what "jobwright backup" wrote')
    .option('--force', 'replace the database that is there; it is kept beside under a name with the time', false)
    .addHelpText('after', `${settings}\nOn PostgreSQL use pg_restore (docs/admin.md).`)
    .action(async (file: string, options: { force: boolean }) =>
      (await import('./backup.ts')).restoreBackup(file, options, print),
    );

  jobwright
    .command('check')
    .description(
      'look whether everything in the database is as it must be; writes nothing, and a server may run meanwhile',
    )
    .addHelpText(
      'after',
      `${settings}\nExit code 0: nothing was found; 1: something was, or it could not be looked at. One snapshot is held until the end.`,
    )
    .action(async () => {
      const { check } = await import('./check.ts');
      if (!(await check(print))) process.exitCode = 1;
    });
}

function serveHelp(): string {
  const rows = Object.entries(variables).map(
    ([name, { fallback, meaning }]) => `  ${name.padEnd(30)} ${meaning}${fallback && ` (default ${fallback})`}`,
  );
  return [
    '\nSettings are environment variables:',
    ...rows,
    '\nOn the first start an administrator and a team are made. SIGTERM and SIGINT stop the server: calls that run are answered first.',
    'With several workers, the process that was started listens for them, and begins another for each that ends.',
  ].join('\n');
}
