/// <reference lib="esnext.disposable" />

/**
 * A client for the users API of Hex.pm and of every Hex-compatible server.
 *
 * Each function is a method of {@link Client} and a function of the module.
 *
 * @packageDocumentation
 */

/** Options of a client and of a call. Precedence: the call, the client, the environment, the default. */
export interface Options {
  // generated: options of a call
  /** The base URL of the API. Default: https://hex.pm/api. Environment: HEX_API_URL, HEX_API. */
  repoUrl?: string | URL | null | undefined;
  /**
   * The API key. It is sent as `Authorization: <key>`. For an OAuth token, write `Bearer <token>`.
   * Environment: HEX_API_KEY.
   */
  apiKey?: string | null | undefined;
  /** The one-time password. It is sent as `X-Hex-OTP`. Environment: HEX_OTP. */
  otp?: string | null | undefined;
  /** The timeout of one attempt. In milliseconds. Default: 15000. Environment: HEX_HTTP_TIMEOUT. */
  timeout?: number | null | undefined;
  /**
   * The timeout of the whole call. It includes retries and waits for the rate limit. In
   * milliseconds. Default: 120000.
   */
  totalTimeout?: number | null | undefined;
  /** The timeout of connecting. It includes the TLS handshake. In milliseconds. Default: 10000. */
  connectTimeout?: number | null | undefined;
  /**
   * The maximum number of retries. A GET is retried after a connection failure and after 429, 502,
   * 503 and 504. A POST is retried only if the server cannot have processed it. Default: 2.
   */
  maxRetries?: number | bigint | null | undefined;
  /**
   * What a call does if the server's rate limit is reached: wait until it resets, or fail.
   * Default: wait.
   */
  rateLimit?: "wait" | "error" | null | undefined;
  /**
   * The maximum number of audit-log pages to request ahead. The stream starts with few and
   * requests more while it reads. With a value above the default, it requests all of them from the
   * second page on. Default: 4.
   */
  prefetch?: number | bigint | null | undefined;
  /** The first page of the audit log to read. Default: 1. */
  page?: number | bigint | null | undefined;
  /**
   * The proxy for all requests. The URL may contain the user and the password of the proxy. If it
   * is not set, the environment variables `http_proxy`, `https_proxy` and `all_proxy` are used,
   * except for servers on the loopback.
   */
  proxy?: string | URL | null | undefined;
  /**
   * The hosts to connect to without a proxy, separated by commas or spaces: domains, which include
   * their subdomains, addresses and networks, each with an optional port; or `*` for all.
   * Environment: no_proxy, NO_PROXY.
   */
  noProxy?: string | null | undefined;
  /**
   * A PEM file of root certificates to trust in addition to those of the system. Environment:
   * HEX_CACERTS_PATH.
   */
  caFile?: string | URL | null | undefined;
  /**
   * The name of the program. It precedes the name of the library in `User-Agent`. The server
   * stores the first 255 code points of `User-Agent` in every audit row.
   */
  userAgent?: string | null | undefined;
  /**
   * The name and version of a library that uses this one, such as a language binding. It follows
   * the name of this library in `User-Agent`, in parentheses.
   */
  clientName?: string | null | undefined;
  /** The maximum size of a reply in bytes, after decompression. Default: 16777216. */
  maxBody?: number | bigint | null | undefined;
  /**
   * The maximum number of connections to one server for started calls, streams and asynchronous
   * clients. Further calls wait for a connection, and their timeouts apply. Default: 64.
   * Environment: HEX_HTTP_CONCURRENCY.
   */
  maxConnections?: number | bigint | null | undefined;
  /**
   * The maximum number of user records to cache in memory, by ETag. The server answers 304 if a
   * cached record has not changed. Default: 0.
   */
  cache?: number | bigint | null | undefined;
  /**
   * Whether to send a credential over plain http to a server that is not on the loopback. Default:
   * false.
   */
  allowInsecureHttp?: boolean | null | undefined;
  // end of generated: options of a call
}

/** Options of a client. */
export interface ClientOptions extends Options {
  // generated: options of a client
  /** Whether to read options from the environment. It is an option of a client only. Default: true. */
  env?: boolean | null | undefined;
  // end of generated: options of a client
}

/** Options of one call. */
export interface CallOptions extends Options {
  /**
   * Ends the call when it is aborted: the call rejects with a {@link CancelledError}, or with a
   * {@link TimeoutError} if the signal is from `AbortSignal.timeout`. `cause` is the signal's reason.
   */
  signal?: AbortSignal | null | undefined;
}

// generated: kinds
export type ErrorKind =
  | "invalid_argument"
  | "unauthenticated"
  | "otp_required"
  | "otp_invalid"
  | "forbidden"
  | "not_found"
  | "unsupported"
  | "validation"
  | "rate_limited"
  | "server"
  | "unexpected_status"
  | "connect"
  | "tls"
  | "timeout"
  | "cancelled"
  | "decode"
  | "internal";
// end of generated: kinds

// generated: reasons
export type Reason =
  | "missing_credential"
  | "invalid_credential"
  | "revoked_credential"
  | "insufficient_scope"
  | "basic_disabled"
  | "email_not_verified"
  | "address_blocked"
  | (string & {});
// end of generated: reasons

/** Connections to one server, and options for every call. Create one and keep it. */
export class Client {
  /** @throws {@link InvalidArgumentError} if an option is invalid */
  constructor(options?: ClientOptions);
  /**
   * Creates an account. The server sends a mail to verify the address.
   *
   * @param emails a list of one address
   */
  createUser(
    username: string,
    password: string,
    emails: readonly string[],
    options?: CallOptions,
  ): Promise<User>;
  /** Reads the user that owns the credential. */
  getCurrentUser(options?: CallOptions): Promise<User>;
  /** Reads a user's public record. */
  getUser(usernameOrEmail: string, options?: CallOptions): Promise<User>;
  /** Asks the server to mail the user a link for a new password. */
  resetUserPassword(usernameOrEmail: string, options?: CallOptions): Promise<void>;
  /**
   * Opens your own audit log, newest row first. It sends the first request when you read a row.
   *
   * @throws {@link InvalidArgumentError} if an option is invalid
   */
  streamAuditLogs(options?: CallOptions): AuditLogs;
  /** Returns a client that shares the connections and has other options. */
  withOptions(options: Options): Client;
  /**
   * Returns the last rate limit that the server sent for this credential. Sends nothing. Numbers
   * beyond 2^53 are rounded.
   */
  rateLimit(options?: Options): RateLimit | null;
  /** Closes the connections, also for clients of `withOptions`. Calls that run continue. */
  close(): void;
  [Symbol.dispose](): void;
}

export const createUser: Client["createUser"];
export const getCurrentUser: Client["getCurrentUser"];
export const getUser: Client["getUser"];
export const resetUserPassword: Client["resetUserPassword"];
export const streamAuditLogs: Client["streamAuditLogs"];

/** A rate limit of the server. */
export interface RateLimit {
  /** Requests in a window. */
  readonly limit: number;
  /** Requests left in this window. */
  readonly remaining: number;
  /** Milliseconds until the next window. */
  readonly resetsInMs: number;
}

/** A user's record. It is immutable. */
export class User {
  private constructor();
  /** The name. It is unique on the server, and in lower case. */
  readonly username: string;
  readonly fullName: string | null;
  /** The public e-mail address. */
  readonly email: string | null;
  /** Links to the person's other accounts, by display name. */
  readonly handles: Readonly<Record<string, string>>;
  /** The URL of this record in the API. */
  readonly url: string | null;
  readonly insertedAt: Date | null;
  readonly updatedAt: Date | null;
  /** The packages that the user owns and you may see; null if the server does not send them. */
  readonly packages: readonly Package[] | null;
  /** The URLs of the packages by name. The server deprecates it. */
  readonly ownedPackages: Readonly<Record<string, string>>;
  /** The organizations of the current user. Other records have null. */
  readonly organizations: readonly Organization[] | null;
  /** The fields that this version does not know, as the server names them. */
  readonly extra: Readonly<Record<string, unknown>>;
  /** The server's own text. */
  readonly rawJson: string;
  /** The server's own object, with every field of it. */
  toJSON(): Record<string, unknown>;
}

export interface Package {
  readonly name: string;
  /** `hexpm`, or the organization's repository. */
  readonly repository: string;
  /** The URL of the package in the API. */
  readonly url: string;
  /** The web page of the package. */
  readonly htmlUrl: string;
}

export interface Organization {
  readonly name: string;
  /** `admin`, `write` or `read` on hex.pm. */
  readonly role: string;
}

/** A row of the audit log. It is immutable. */
export class AuditLog {
  private constructor();
  /** The action, such as `key.generate` or `release.publish`. */
  readonly action: string;
  /** The `User-Agent` of the program, shortened by the server. */
  readonly userAgent: string | null;
  /** The details. Their structure depends on the action. */
  // biome-ignore lint/suspicious/noExplicitAny: any JSON
  readonly params: any;
  /** The time of the action. Servers do not send it yet. */
  readonly insertedAt: Date | null;
  /** The fields that this version does not know, as the server names them. */
  readonly extra: Readonly<Record<string, unknown>>;
  /** The server's own text. */
  readonly rawJson: string;
  /** The server's own object, with every field of it. */
  toJSON(): Record<string, unknown>;
}

/**
 * The rows of the audit log, newest first. It returns every row that existed at its start once.
 *
 * After an error or a `break` the stream keeps its position: the next loop continues there.
 */
export class AuditLogs implements AsyncIterator<AuditLog, undefined>, AsyncIterable<AuditLog> {
  private constructor();
  next(): Promise<IteratorResult<AuditLog, undefined>>;
  [Symbol.asyncIterator](): this;
  /** Iterates over the same rows as arrays. */
  pages(): AsyncIterator<AuditLog[], undefined> & AsyncIterable<AuditLog[]>;
  /** The page of the next row, counted from 1. To continue later, pass it as the option `page`. */
  readonly page: number;
  /** Ends the stream and its requests. A pending `next()` rejects with a {@link CancelledError}. */
  close(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Any error of this library. */
export class AuraError extends Error {
  /** Only the library creates errors. */
  protected constructor(facts: unknown);
  /** The kind of the error. It is the same in every language of this library. */
  readonly kind: ErrorKind;
  /** The kind as a code of Node.js, such as `AURA_NOT_FOUND`. `ABORT_ERR` for a cancelled call. */
  readonly code: string;
  /** The server's message, or the library's if the server sent none. */
  readonly serverMessage: string;
  /** What to do next, or null if the message says enough. */
  readonly hint: string | null;
  /** Why the server rejected a credential or an account. */
  readonly reason: Reason | null;
  /** The HTTP status, or null if no reply arrived. */
  readonly status: number | null;
  /** The errors of each field that the server rejected. */
  // biome-ignore lint/suspicious/noExplicitAny: any JSON
  readonly errors: Readonly<Record<string, any>> | null;
  /** The `x-request-id` of the reply. The server's operators find the request by it. */
  readonly requestId: string | null;
  /** The time that the server asks you to wait, in milliseconds. */
  readonly retryAfterMs: number | null;
  /** The number of times that the request was sent. */
  readonly attempts: number;
  readonly method: string | null;
  /** The request's route without its parameters. */
  readonly route: string | null;
  /** Whether the server may have completed the call. Then check before you repeat it. */
  readonly outcomeUnknown: boolean;
  /** Whether the same call may succeed later, and repeating it is safe. */
  readonly retryable: boolean;
}

/** An argument or an option is invalid. Nothing was sent. */
export class InvalidArgumentError extends AuraError {}
/** The server replied with an error. */
export class ApiError extends AuraError {}
/** 401: the credential is missing, or the server rejected it. */
export class AuthenticationError extends ApiError {}
/** 401: the account requires a one-time password: the option `otp`. */
export class OtpRequiredError extends AuthenticationError {}
/** 401: the one-time password is wrong or was used before. */
export class OtpInvalidError extends AuthenticationError {}
/** 403: the credential does not permit this call. */
export class PermissionDeniedError extends ApiError {}
/** 404: the user does not exist. */
export class NotFoundError extends ApiError {}
/** The server does not have this endpoint. */
export class UnsupportedError extends ApiError {}
/** 422: `errors` has the fields that the server rejected. */
export class ValidationError extends ApiError {}
/** 429, or the rate limit resets later than the timeouts of the call allow. */
export class RateLimitError extends ApiError {}
/** 5xx: the server failed. */
export class ServerError extends ApiError {}
/** The connection failed, or it was lost before the whole reply arrived. */
export class ConnectError extends AuraError {}
/** The server's certificate was rejected, or the TLS handshake failed. */
export class TlsError extends AuraError {}
/** A timeout expired. */
export class TimeoutError extends AuraError {}
/** The program cancelled the call. `name` is `AbortError`, and `code` is `ABORT_ERR`. */
export class CancelledError extends AuraError {}
/** The reply is not a valid reply of this endpoint. */
export class DecodeError extends AuraError {}
/** A bug in this library. */
export class InternalError extends AuraError {}

/** A line of the library's log. It contains no secret, name or address. */
export interface LogLine {
  readonly level: "debug" | "info" | "warn";
  /** The whole line. */
  readonly text: string;
  readonly time: Date;
  /** The event, such as `request`. */
  readonly message: string;
  readonly method: string | null;
  readonly route: string | null;
  readonly attempt: number | null;
  readonly status: number | null;
  readonly kind: ErrorKind | null;
  readonly elapsedMs: number | null;
  readonly requestId: string | null;
}

/**
 * A logger: `console`, and most loggers. `console` and pino take `text` as a format, so a `%` is `%%`
 * for them. Other loggers get the text unchanged.
 */
export interface Logger {
  debug(text: string, line: LogLine): void;
  info(text: string, line: LogLine): void;
  warn(text: string, line: LogLine): void;
}

/**
 * Sets the logger of the process. It gets the lines of `level` and above. null disables the log.
 *
 * By default, warnings are warnings of the process, and `NODE_DEBUG=aura_users` prints every line.
 */
export function setLogger(logger: Logger | null, level?: "debug" | "info" | "warn"): void;

/** The version of this package. */
export const version: string;
/** The version of the native library. */
export const libraryVersion: string;
/** The file of the native library. */
export const libraryPath: string;
