import * as oauth from 'oauth4webapi';

/** An error code of OAuth (RFC 6749, 5.2); other texts could hold anything, so no log shows them. */
const OAUTH_CODE = /^[a-z_]{1,60}$/;
const ERROR_CODE = /^[A-Z0-9_]{1,60}$/;

/**
 * Makes the error for a failed token request. Its message names the error code, and nothing else of the response.
 *
 * @param timeout - the signal of the request's timeout
 */
export async function tokenFailure(error: unknown, timeout: AbortSignal): Promise<Error> {
  if (timeout.aborted) return new Error('the authorization server did not answer the token request in time');
  const code = (await oauthCodeOf(error)) ?? errorCodeOf(error) ?? 'no usable response';
  return new Error(`the token request failed: ${code}`);
}

async function oauthCodeOf(error: unknown): Promise<string | undefined> {
  let code: unknown;
  if (error instanceof oauth.ResponseBodyError) code = error.error;
  // A 401 may name the scheme of the client's authentication beside the JSON body (RFC 6749, 5.2).
  if (error instanceof oauth.WWWAuthenticateChallengeError)
    code = await error.response.json().then(
      (body: unknown) => (Object(body) as { error?: unknown }).error,
      () => undefined,
    );
  return typeof code === 'string' && OAUTH_CODE.test(code) ? code : undefined;
}

/** The code of an error, or of the error that caused it: `fetch` reports a network error as a cause. */
function errorCodeOf(error: unknown): string | undefined {
  const { code, cause } = Object(error) as { code?: unknown; cause?: unknown };
  if (typeof code === 'string' && ERROR_CODE.test(code)) return code;
  return cause === undefined ? undefined : errorCodeOf(cause);
}
