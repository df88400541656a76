/** The configuration can't be used; the message is one line that says what is wrong and what to do. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}
