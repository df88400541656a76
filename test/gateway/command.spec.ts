import { describe, expect, it } from '@jest/globals';
import { parseCommand } from '../../src/command.js';

const CONFIG = { GATEWAY_CONFIG: 'environment.yaml' };

describe('the command line of nestjs-opa-gateway', () => {
  it.each<[string[], Record<string, string>, unknown]>([
    [['my.yaml'], {}, { file: 'my.yaml' }],
    [[], CONFIG, { file: 'environment.yaml' }],
    [['my.yaml'], CONFIG, { file: 'my.yaml' }],
    [['--', '-odd-name.yaml'], {}, { file: '-odd-name.yaml' }],
    [['--help'], {}, 'help'],
    [['-h'], CONFIG, 'help'],
  ])('%j with %j', (args, env, expected) => {
    expect(parseCommand(args, env)).toEqual(expected);
  });

  it.each<[string[], Record<string, string>, string]>([
    [[], {}, 'no configuration file. Pass its path, or set GATEWAY_CONFIG.'],
    [[], { GATEWAY_CONFIG: '' }, 'no configuration file.'],
    [['a.yaml', 'b.yaml'], {}, 'the command takes one file, not 2.'],
    [['--port', '80'], {}, "Unknown option '--port'."],
    [['--help=yes'], {}, "Option '-h, --help' does not take an argument."],
  ])('refuses %j with %j', (args, env, message) => {
    const refuse = () => parseCommand(args, env);
    expect(refuse).toThrow(message);
    expect(refuse).toThrow(/^.* Run "nestjs-opa-gateway --help" for the usage\.$/);
  });
});
