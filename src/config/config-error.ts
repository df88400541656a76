/** The gateway can't use the configuration. The message is a single line that names the problem and the fix. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
