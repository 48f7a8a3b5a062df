import { describe, expect, it } from 'vitest';
import { redact, secretsOf, serverEnvironment } from '../../src/transports/stdio/environment.js';

describe.skipIf(process.platform === 'win32')('the environment of a server', () => {
  it('is what a process needs to run, and nothing else of ours', () => {
    const parent = {
      HOME: '/home/me',
      PATH: '/bin',
      SHELL: '/bin/sh',
      TERM: 'dumb',
      USER: 'me',
      LOGNAME: 'me',
      API_KEY: 'secret',
      NODE_OPTIONS: '-r x',
    };
    expect(Object.keys(serverEnvironment({}, parent)).sort()).toEqual([
      'HOME',
      'LOGNAME',
      'PATH',
      'SHELL',
      'TERM',
      'USER',
    ]);
  });

  it('leaves out a variable that a shell would run as a function', () => {
    expect(serverEnvironment({}, { TERM: '() { :;}; echo owned', USER: 'me' })).toEqual({ USER: 'me' });
  });

  it('takes what the caller gives, over what is inherited', () => {
    expect(serverEnvironment({ PATH: '/opt/bin', API_KEY: 'mine' }, { PATH: '/bin' })).toEqual({
      PATH: '/opt/bin',
      API_KEY: 'mine',
    });
  });
});

describe.skipIf(process.platform === 'win32')('what else of ours a server gets', () => {
  const parent = { PATH: '/bin', API_KEY: 'secret', NODE_OPTIONS: '-r x', FUNCTION: '() { :;}', GONE: undefined };

  it('is what the user names, and what is given goes before it', () => {
    expect(serverEnvironment({}, parent, ['API_KEY', 'GONE', 'NEVER', 'FUNCTION'])).toEqual({
      PATH: '/bin',
      API_KEY: 'secret',
    });
    expect(serverEnvironment({ API_KEY: 'mine' }, parent, ['API_KEY'])).toEqual({ PATH: '/bin', API_KEY: 'mine' });
  });

  it('is everything, if the user says true', () => {
    expect(serverEnvironment({ A: 'b' }, parent, true)).toEqual({
      PATH: '/bin',
      API_KEY: 'secret',
      NODE_OPTIONS: '-r x',
      A: 'b',
    });
  });
});

const secretsAmong = (given: Record<string, string>): string[] =>
  Object.keys(given).filter((name) => secretsOf(given).includes(given[name] ?? ''));

describe('redaction', () => {
  it('takes the values of secrets out of a text, and leaves the others', () => {
    const given = { GITHUB_TOKEN: 'ghp_0123456789', DATA_DIR: '/var/lib/data', SHORT_KEY: 'abc' };
    expect(redact('ghp_0123456789 abc /var/lib/data ghp_0123456789', secretsOf(given))).toBe(
      '[redacted] abc /var/lib/data [redacted]',
    );
  });

  it('takes for a secret whatever is not clearly harmless', () => {
    const given = {
      GITHUB_PAT: 'github_0123',
      SESSION_COOKIE: 'sid=0123456789',
      SIGNING_PASSPHRASE: '/correct/horse',
      SENTRY_DSN: '/0123456789',
      PASSWORD: '1234567890',
      DB_PASS: '2345678901',
      DB_PWD: '3456789012',
      DATABASE: 'postgres://me:hunter2hunter2@db/x',
      LOG_DIR: 'https://me:hunter2hunter2@logs/x',
      WEBHOOK: 'https://hooks.example/T0123456789',
      WHATEVER: 'Zm9vYmFyYmF6',
    };
    expect(secretsAmong(given)).toEqual(Object.keys(given));
  });

  it('leaves paths, numbers, switches and what every program knows by name', () => {
    const given = {
      PATH: '/usr/local/bin:/usr/bin',
      PYTHONPATH: 'lib:vendor/lib',
      HOME: '/home/somebody',
      LANG: 'en_GB.UTF-8',
      LC_ALL: 'en_GB.UTF-8',
      TZ: 'Europe/Berlin',
      TERM: 'xterm-256color',
      NODE_ENV: 'production',
      WORKSPACE: '/srv/some/where',
      CONFIG: './config/server.json',
      WINDOWS: 'C:\\Users\\somebody',
      LIMIT: '1234567890',
      VERBOSE: 'true',
    };
    expect(secretsOf(given)).toEqual([]);
  });

  it('takes out the password of a URL where it stands alone', () => {
    const secrets = secretsOf({ DATABASE_URL: 'postgres://me:hunter2hunter2@db/x' });
    expect(redact('cannot log in as me with hunter2hunter2', secrets)).toBe('cannot log in as me with [redacted]');
  });

  it('leaves nothing of secrets that overlap, or that begin before what is shown', () => {
    expect(redact('-abcdefghijkl-abcdefgh-', ['abcdefgh', 'efghijkl'])).toBe('-[redacted]-[redacted]-');
    expect(redact('-abcdefgh-x', ['abcdefgh'], 5)).toBe('[redacted]-x');
    expect(redact('-abcdefgh-x', ['abcdefgh'], 9)).toBe('-x');
  });
});
