/** Certificates for one test run, of an authority that nobody else trusts; made by `openssl`. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Pair {
  readonly cert: string;
  readonly key: string;
}

export interface Certificates {
  /** The authority. */
  readonly ca: string;
  /** For `mcp.example.test`, and for 127.0.0.1. */
  readonly server: Pair;
  /** For a client named `client`. */
  readonly client: Pair;
  /** The key of the client, encrypted with `passphrase`. */
  readonly encryptedKey: string;
  readonly passphrase: string;
}

const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-actor-tls-'));
  const at = (name: string): string => join(folder, name);
  const read = (name: string): string => readFileSync(at(name), 'utf8');
  const openssl = (...args: string[]): void => {
    execFileSync('openssl', args, { stdio: 'pipe' });
  };
  const sign = (name: string, subject: string, extensions: string): Pair => {
    openssl('req', ...curve, '-keyout', at(`${name}.key`), '-out', at(`${name}.csr`), '-subj', `/CN=${subject}`);
    writeFileSync(at(`${name}.ext`), extensions);
    const authority = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial'];
    const made = ['-in', at(`${name}.csr`), '-out', at(`${name}.pem`), '-days', '2', '-extfile', at(`${name}.ext`)];
    openssl('x509', '-req', ...authority, ...made);
    return { cert: read(`${name}.pem`), key: read(`${name}.key`) };
  };
  try {
    const authority = ['-keyout', at('ca.key'), '-out', at('ca.pem'), '-days', '2', '-subj', '/CN=a test'];
    openssl('req', '-x509', ...curve, ...authority);
    const server = sign('server', 'mcp.example.test', 'subjectAltName=DNS:mcp.example.test,IP:127.0.0.1\n');
    const client = sign('client', 'client', 'extendedKeyUsage=clientAuth\n');
    const passphrase = 'open sesame';
    const secret = ['-aes256', '-passout', `pass:${passphrase}`];
    openssl('pkey', '-in', at('client.key'), '-out', at('client.enc'), ...secret);
    return { ca: read('ca.pem'), server, client, encryptedKey: read('client.enc'), passphrase };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
