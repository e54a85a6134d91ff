/** The log: one JSON line per event, on standard error; standard output is for people. */
import { type Logger, pino } from 'pino';

export type { Logger };

/** @param level 'debug', 'info', 'warn', 'error' or 'silent' */
export const createLogger = (level: string): Logger =>
  pino({ level, base: null }, pino.destination({ dest: 2, sync: true }));
