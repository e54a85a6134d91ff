/** Certificates for tests, made by openssl: an authority and what it signs. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** PEM. */
export interface Certified {
  readonly cert: string;
  readonly key: string;
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

export class Authority {
  readonly #folder = mkdtempSync(join(tmpdir(), 'jobwright-authority-'));
  /** PEM, for those who trust it. */
  readonly certificate: string;

  constructor(name: string) {
    const files = ['-keyout', this.#path('ca.key'), '-out', this.#path('ca.pem')];
    openssl('req', '-x509', ...NEW_KEY, '-days', '2', '-subj', `/CN=${name}`, ...files);
    this.certificate = readFileSync(this.#path('ca.pem'), 'utf8');
  }

  /** A certificate for who listens on 127.0.0.1, or for a client. */
  certify(name: string): Certified {
    const [key, request, cert] = [`${name}.key`, `${name}.csr`, `${name}.pem`].map(file => this.#path(file)) as [
      string,
      string,
      string,
    ];
    writeFileSync(this.#path('names'), 'subjectAltName=IP:127.0.0.1');
    openssl('req', ...NEW_KEY, '-subj', `/CN=${name}`, '-keyout', key, '-out', request);
    const by = ['-CA', this.#path('ca.pem'), '-CAkey', this.#path('ca.key'), '-CAcreateserial'];
    openssl('x509', '-req', '-days', '2', '-in', request, '-out', cert, ...by, '-extfile', this.#path('names'));
    return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') };
  }

  forget(): void {
    rmSync(this.#folder, { recursive: true });
  }

  #path(file: string): string {
    return join(this.#folder, file);
  }
}

const openssl = (...args: string[]): void => {
  execFileSync('openssl', args, { stdio: 'ignore' });
};
