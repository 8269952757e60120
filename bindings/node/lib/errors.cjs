// The error classes, and their construction from the library's JSON.
"use strict";

const { abi, givenError } = require("./library.cjs");
const { options: table } = require("./generated.cjs");

class AuraError extends Error {
  constructor(facts = {}, cause = undefined) {
    super(facts.text ?? facts.message ?? "", cause === undefined ? undefined : { cause });
    this.kind = facts.kind ?? "internal";
    this.code = `AURA_${this.kind.toUpperCase()}`;
    this.serverMessage = facts.message ?? "";
    this.hint = facts.hint ?? null;
    this.reason = facts.reason ?? null;
    this.status = facts.status ?? null;
    this.errors = facts.errors ?? null;
    this.requestId = facts.request_id ?? null;
    this.retryAfterMs = facts.retry_after_ms ?? null;
    this.attempts = facts.attempts ?? 0;
    this.method = facts.method ?? null;
    this.route = facts.route ?? null;
    this.outcomeUnknown = facts.outcome_unknown ?? false;
    this.retryable = facts.retryable ?? false;
  }
}
class InvalidArgumentError extends AuraError {}
class ApiError extends AuraError {}
class AuthenticationError extends ApiError {}
class OtpRequiredError extends AuthenticationError {}
class OtpInvalidError extends AuthenticationError {}
class PermissionDeniedError extends ApiError {}
class NotFoundError extends ApiError {}
class UnsupportedError extends ApiError {}
class ValidationError extends ApiError {}
class RateLimitError extends ApiError {}
class ServerError extends ApiError {}
class ConnectError extends AuraError {}
class TlsError extends AuraError {}
class TimeoutError extends AuraError {}
class CancelledError extends AuraError {
  constructor(facts, cause) {
    super(facts, cause);
    this.code = "ABORT_ERR";
  }
}
class DecodeError extends AuraError {}
class InternalError extends AuraError {}

const kinds = {
  invalid_argument: InvalidArgumentError,
  unauthenticated: AuthenticationError,
  otp_required: OtpRequiredError,
  otp_invalid: OtpInvalidError,
  forbidden: PermissionDeniedError,
  not_found: NotFoundError,
  unsupported: UnsupportedError,
  validation: ValidationError,
  rate_limited: RateLimitError,
  server: ServerError,
  unexpected_status: ApiError,
  connect: ConnectError,
  tls: TlsError,
  timeout: TimeoutError,
  cancelled: CancelledError,
  decode: DecodeError,
  internal: InternalError,
};
const classes = {
  AuraError,
  ...Object.fromEntries(Object.values(kinds).map((one) => [one.name, one])),
};
for (const [name, one] of Object.entries(classes)) {
  // Node.js uses this name for the error of an AbortSignal.
  const value = name === "CancelledError" ? "AbortError" : name;
  Object.defineProperty(one.prototype, "name", { value, configurable: true, writable: true });
}

/** Returns an error with these facts, which have the names of the library's JSON. */
function make(facts, cause) {
  const Kind = kinds[facts.kind] ?? AuraError;
  return new Kind(facts, cause);
}

// The names in C of options, arguments and functions that errors mention, and those in JavaScript.
const names = new Map([
  ...Object.entries(table).map(([name, option]) => [option.name, name]),
  ["username_or_email", "usernameOrEmail"],
  ["get_current_user", "getCurrentUser"],
]);
// Not in a path, a URL or a route.
const words = new RegExp(`(?<![\\w/.:{-])(?:${[...names.keys()].join("|")})(?![\\w/.-])`, "g");
const renamed = (text) => text.replace(words, (name) => names.get(name));

/** Returns these facts with the names of JavaScript. The server's text is unchanged. */
function inJavaScript(facts) {
  const { text, message, status } = facts;
  const hint = facts.hint && renamed(facts.hint);
  // Without a status there is no reply, so all of the text is the library's.
  if (status === null) return { ...facts, hint, text: renamed(text), message: renamed(message) };
  if (!hint) return facts;
  const at = text.lastIndexOf(facts.hint); // after the server's text
  return { ...facts, hint, text: text.slice(0, at) + hint + text.slice(at + facts.hint.length) };
}

/** Returns the error of the last function, and frees its handle. */
function take(cause) {
  const handle = givenError();
  const json = abi.error_json(handle);
  abi.error_free(handle);
  return make(inJavaScript(JSON.parse(json)), cause);
}

/** Returns an error of this package itself. */
function failed(kind, message, { hint, cause } = {}) {
  const text = `${kind}: ${message}${hint ? `; ${hint}` : ""}`;
  return make({ kind, message, hint, text }, cause);
}

/** Returns the error of an argument that this package refuses. */
function invalid(message) {
  return failed("invalid_argument", message);
}

/** Returns the error of a signal that was aborted before the call. */
function aborted(reason) {
  const kind = isTimeout(reason) ? "timeout" : "cancelled";
  return failed(kind, "the signal was aborted before the request was sent", { cause: reason });
}

/** Whether `reason` is the one of `AbortSignal.timeout`. */
function isTimeout(reason) {
  return reason?.name === "TimeoutError";
}

/** Returns the error. An error of this package gets a stack that includes the program's `await`. */
function traced(error) {
  if (error instanceof AuraError) Error.captureStackTrace(error, traced);
  return error;
}

module.exports = { aborted, classes, failed, invalid, isTimeout, kinds, take, traced };
