/** The way out for letters: SMTP. A letter that cannot be delivered is logged without its text, which may carry a secret. */
import type { Transporter } from 'nodemailer';
import type { Logger } from '../base/logger.ts';
import type { Letter, Mail } from '../services/users/mail.ts';

export interface MailSettings {
  /** smtp://user:password@host:port, or smtps://… */
  readonly smtpUrl: string;
  /** The sender. */
  readonly from: string;
  readonly link: string;
}

/** Nobody waits for a letter, so one that hangs only must not hang for ever. */
const PATIENCE_MS = 30_000;

export class SmtpMail implements Mail {
  readonly link: string;
  readonly #settings: MailSettings;
  readonly #logger: Logger;
  #transporter: Promise<Transporter> | undefined;
  readonly #underWay = new Set<Promise<void>>();

  constructor(settings: MailSettings, logger: Logger) {
    this.link = settings.link;
    this.#settings = settings;
    this.#logger = logger;
  }

  send(letter: Letter): void {
    const sending = this.#send(letter).finally(() => this.#underWay.delete(sending));
    this.#underWay.add(sending);
  }

  /** What is under way is brought away, or given up, first. */
  async stop(): Promise<void> {
    await Promise.all(this.#underWay);
    (await this.#transporter)?.close();
  }

  async #send({ to, subject, text }: Letter): Promise<void> {
    try {
      this.#transporter ??= this.#open();
      await (await this.#transporter).sendMail({
        from: this.#settings.from,
        to: { name: '', address: to },
        subject,
        text,
      });
      this.#logger.info({ subject }, 'a letter was delivered');
    } catch (error) {
      const { message, code, responseCode } = error as Error & { code?: string; responseCode?: number };
      this.#logger.error({ subject, reason: message, code, responseCode }, 'a letter could not be delivered');
    }
  }

  /** Loaded when the first letter leaves: most servers send few. */
  async #open(): Promise<Transporter> {
    const { createTransport } = await import('nodemailer');
    const patience = { connectionTimeout: PATIENCE_MS, greetingTimeout: PATIENCE_MS, socketTimeout: PATIENCE_MS };
    return createTransport({ url: this.#settings.smtpUrl, ...patience });
  }
}
