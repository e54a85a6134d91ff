/** What a person reads on the terminal. */

// Whoever reads may stop before the end: `jobwright demo | head`. What was not told to the end did not succeed.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(1);
});

export const print = (text = ''): void => {
  process.stdout.write(`${text}\n`);
};

export const complain = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

/** Where it is told how far something has come: what a command answers stays apart from it. */
export const progressStream = process.stderr;

const ANOTHER_PORT = 'set JOBWRIGHT_PORT, or JOBWRIGHT_HTTP_PORT where that is the one, to a free port';
const ANOTHER_PATH = 'set JOBWRIGHT_SOCKET to another path';
/** In an error of the path of a Unix socket. */
const NO_PORT = -1;

/** A failure of the server or of ours, in a line for a person. */
export function inWords(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(inWords).join('; ');
  const { slug, message, code, port } = error as { slug?: string; message?: string; code?: string; port?: number };
  if (code === 'EADDRINUSE')
    return `${message}; stop what listens there, or ${port === NO_PORT ? ANOTHER_PATH : ANOTHER_PORT}`;
  if (code === 'ECONNREFUSED') return `${message}; is the server running there? --host and --port name another`;
  return slug ? `${slug}: ${message}` : (message ?? String(error));
}
