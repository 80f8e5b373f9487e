import { execFileSync } from 'node:child_process';

/** Writes `key.pem` and `cert.pem`, a certificate for an IP address that is its own authority. */
export function makeCertificate(folder, address) {
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
      ...['-keyout', `${folder}/key.pem`, '-out', `${folder}/cert.pem`, '-days', '1'],
      ...['-subj', '/CN=remote queue', '-addext', `subjectAltName=IP:${address}`],
    ],
    { stdio: 'pipe' },
  );
}
