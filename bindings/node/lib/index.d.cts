/**
 * A client for the users API of Hex.pm and of every Hex-compatible server.
 *
 * Each function is a method of {@link Client} and a function of the module.
 *
 * @packageDocumentation
 */

/** Options of one call. A call's option wins over the client's, that over the environment's. */
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
   * 503 and 504. A POST is retried only if nothing can have reached the server. Default: 2.
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

/** Options of one call, and what ends it. */
export interface CallOptions extends Options {
  /**
   * Ends the call: it rejects with a {@link CancelledError}, or with a {@link TimeoutError} if the
   * signal is one of `AbortSignal.timeout`. The signal's reason is the error's `cause`.
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

/** The functions of the API. */
interface Functions {
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
  /** Has the server send a mail with which the user sets a new password. */
  resetUserPassword(usernameOrEmail: string, options?: CallOptions): Promise<void>;
  /**
   * Opens your own audit log, newest row first. Nothing is sent before the first row is asked for.
   *
   * @throws {@link InvalidArgumentError} at once, for a bad option
   */
  streamAuditLogs(options?: CallOptions): AuditLogs;
}

/** Options, connections, and what is known of the server's rate limit. Make one and keep it. */
export class Client implements Functions {
  /** @throws {@link InvalidArgumentError} for a bad option */
  constructor(options?: ClientOptions);
  createUser: Functions["createUser"];
  getCurrentUser: Functions["getCurrentUser"];
  getUser: Functions["getUser"];
  resetUserPassword: Functions["resetUserPassword"];
  streamAuditLogs: Functions["streamAuditLogs"];
  /** A client that shares the connections and has other options. */
  withOptions(options: Options): Client;
  /** The last rate limit that the server sent for this credential. Sends nothing. */
  rateLimit(options?: Options): RateLimit | null;
  /** Closes the connections. Calls under way go on. Also a client of `withOptions` is closed. */
  close(): void;
  [Symbol.dispose](): void;
}

export const createUser: Functions["createUser"];
export const getCurrentUser: Functions["getCurrentUser"];
export const getUser: Functions["getUser"];
export const resetUserPassword: Functions["resetUserPassword"];
export const streamAuditLogs: Functions["streamAuditLogs"];

/** What the server said of its rate limit. */
export interface RateLimit {
  /** Requests in a window. */
  readonly limit: number;
  /** Requests left in this window. */
  readonly remaining: number;
  /** Milliseconds until the next window. */
  readonly resetsInMs: number;
}

/** A user's record. It cannot be changed. */
export class User {
  private constructor();
  /** The name, unique on the server, in lower case. */
  readonly username: string;
  readonly fullName: string | null;
  /** The public e-mail address, if there is one. */
  readonly email: string | null;
  /** Links to the person's other accounts, by display name. */
  readonly handles: Readonly<Record<string, string>>;
  /** Where the API has this record. */
  readonly url: string | null;
  readonly insertedAt: Date | null;
  readonly updatedAt: Date | null;
  /** The packages that the user owns and you may see; null if the server does not send them. */
  readonly packages: readonly Package[] | null;
  /** The packages' URLs by name; deprecated by the server. */
  readonly ownedPackages: Readonly<Record<string, string>>;
  /** Of the current user's record alone; else null. */
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
  /** Where the API has it. */
  readonly url: string;
  /** Where a person reads about it. */
  readonly htmlUrl: string;
}

export interface Organization {
  readonly name: string;
  /** `admin`, `write` or `read` on hex.pm. */
  readonly role: string;
}

/** A row of the audit log. It cannot be changed. */
export class AuditLog {
  private constructor();
  /** What was done: `key.generate`, `release.publish` and the like. */
  readonly action: string;
  /** The program that did it, cut by the server. */
  readonly userAgent: string | null;
  /** The details. Their shape follows the action. */
  // biome-ignore lint/suspicious/noExplicitAny: as the server has it
  readonly params: any;
  /** When it was done, if the server sends it. */
  readonly insertedAt: Date | null;
  /** The fields that this version does not know, as the server names them. */
  readonly extra: Readonly<Record<string, unknown>>;
  /** The server's own text. */
  readonly rawJson: string;
  /** The server's own object, with every field of it. */
  toJSON(): Record<string, unknown>;
}

/**
 * The rows of the audit log, newest first: each that existed when the reading began comes once.
 *
 * An error and a `break` keep the stream's place: another loop over it goes on there.
 */
export class AuditLogs implements AsyncIterableIterator<AuditLog, undefined> {
  private constructor();
  next(): Promise<IteratorResult<AuditLog, undefined>>;
  [Symbol.asyncIterator](): this;
  /** The same rows, a page at a time. */
  pages(): AsyncIterableIterator<AuditLog[], undefined>;
  /** The page of the next row, counted from 1. Give it as option `page` to go on another day. */
  readonly page: number;
  /** Ends the stream and its requests. A row that is awaited rejects as cancelled. */
  close(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Any failure of this library. Its message says what to do next if that is known. */
export class AuraError extends Error {
  /** The library makes errors; a program does not. */
  protected constructor(facts: unknown);
  /** What went wrong. Every language of this library uses the same names. */
  readonly kind: ErrorKind;
  /** The kind as Node.js names its own: `AURA_NOT_FOUND`; `ABORT_ERR` if a signal ended the call. */
  readonly code: string;
  /** The server's own message if it sent one, else the library's. */
  readonly serverMessage: string;
  /** What to do next, if the library knows more than the message says. */
  readonly hint: string | null;
  /** Why a credential or an account was refused. */
  readonly reason: Reason | null;
  /** The HTTP status, if a reply came. */
  readonly status: number | null;
  /** What the server refused, by field. */
  // biome-ignore lint/suspicious/noExplicitAny: as the server nests it
  readonly errors: Readonly<Record<string, any>> | null;
  /** The server's `x-request-id`: its operators find the call by it. */
  readonly requestId: string | null;
  /** How long the server asks to wait, in milliseconds. */
  readonly retryAfterMs: number | null;
  /** How many times the request was sent: 0 if nothing was sent. */
  readonly attempts: number;
  readonly method: string | null;
  /** The request's route without its parameters. */
  readonly route: string | null;
  /** Whether the server may have done it all the same. Then look before you repeat the call. */
  readonly outcomeUnknown: boolean;
  /** Whether the same call may succeed later, and repeating it is safe. */
  readonly retryable: boolean;
}

/** A bad argument or option; nothing was sent. */
export class InvalidArgumentError extends AuraError {}
/** The server replied with an error. */
export class ApiError extends AuraError {}
/** 401: no credential, or one that the server does not take. */
export class AuthenticationError extends ApiError {}
/** The account asks for a one-time password: option `otp`. */
export class OtpRequiredError extends AuthenticationError {}
/** The one-time password is wrong or was used before. */
export class OtpInvalidError extends AuthenticationError {}
/** 403: the credential may not do this. */
export class PermissionDeniedError extends ApiError {}
/** 404: no such user. */
export class NotFoundError extends ApiError {}
/** This server has no such endpoint. */
export class UnsupportedError extends ApiError {}
/** 422: `errors` says what the server refused. */
export class ValidationError extends ApiError {}
/** 429, or the window of the rate limit is longer than the call may wait. */
export class RateLimitError extends ApiError {}
/** 5xx. */
export class ServerError extends ApiError {}
/** No connection, or it broke before a whole reply came. */
export class ConnectError extends AuraError {}
/** The server's certificate was refused, or the TLS handshake failed. */
export class TlsError extends AuraError {}
/** The time allowed ran out. */
export class TimeoutError extends AuraError {}
/** The caller ended the call. Its name is `AbortError`, its code `ABORT_ERR`. */
export class CancelledError extends AuraError {}
/** The reply is not what this endpoint returns. */
export class DecodeError extends AuraError {}
/** A defect of this library. */
export class InternalError extends AuraError {}

/** A line of the library's log. No secret, name or address stands in it. */
export interface LogLine {
  readonly level: "debug" | "info" | "warn";
  /** The whole line. */
  readonly text: string;
  readonly time: Date;
  /** What happened, in words. */
  readonly message: string;
  readonly method: string | null;
  readonly route: string | null;
  readonly attempt: number | null;
  readonly status: number | null;
  readonly kind: ErrorKind | null;
  readonly elapsedMs: number | null;
  readonly requestId: string | null;
}

/** What takes log lines: `console`, and most loggers. */
export interface Logger {
  debug(text: string, line: LogLine): void;
  info(text: string, line: LogLine): void;
  warn(text: string, line: LogLine): void;
}

/**
 * Sets what gets the lines of `level` and above, of the whole process. null for none.
 *
 * At first warnings are warnings of the process, and `NODE_DEBUG=aura_users` prints every line.
 */
export function setLogger(logger: Logger | null, level?: "debug" | "info" | "warn"): void;

/** The version of this package. */
export const version: string;
/** The version of the native library. */
export const libraryVersion: string;
/** The file of the native library. */
export const libraryPath: string;
