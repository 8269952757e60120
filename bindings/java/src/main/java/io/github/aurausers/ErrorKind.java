package io.github.aurausers;

import java.util.Locale;

/** What went wrong. Every language of this library has the same kinds and numbers. */
public enum ErrorKind {
  // generated: error kinds
  /** The caller's mistake; nothing was sent. */
  INVALID_ARGUMENT(10),

  /** 401: no credential, or one the server does not take. */
  UNAUTHENTICATED(20),

  /** 401: the account asks for a one-time password (option "otp"). */
  OTP_REQUIRED(21),

  /** 401: the one-time password is wrong or was used before. */
  OTP_INVALID(22),

  /** 403: the credential is known but may not do this. */
  FORBIDDEN(23),

  /** 404: no such user. */
  NOT_FOUND(24),

  /** This server has no such endpoint. */
  UNSUPPORTED(25),

  /** 422: the server refused the fields; "errors" in the error's JSON says which and why. */
  VALIDATION(26),

  /** 429, or the rate limit's window is longer than the call may wait. */
  RATE_LIMITED(27),

  /** 5xx. */
  SERVER(28),

  /** Any other status. */
  UNEXPECTED_STATUS(29),

  /** No connection, or it broke before a whole reply came. */
  CONNECT(40),

  /** The server's certificate was refused, or the TLS handshake failed. */
  TLS(41),

  /** The time allowed ran out. */
  TIMEOUT(42),

  /** The caller ended the call. */
  CANCELLED(43),

  /** The reply is not what this endpoint gives. */
  DECODE(60),

  /** A defect of this library, caught at its boundary. */
  INTERNAL(70);
  // end of generated: error kinds

  private final int code;

  ErrorKind(int code) {
    this.code = code;
  }

  /**
   * The kind's number, as the C library has it.
   *
   * @return the number
   */
  public int code() {
    return code;
  }

  /** The kind with a number; a number of a later library is {@code INTERNAL}. */
  static ErrorKind of(int code) {
    for (ErrorKind kind : values()) {
      if (kind.code == code) {
        return kind;
      }
    }
    return INTERNAL;
  }

  /**
   * The kind's name, as every language of this library has it.
   *
   * @return the name in lower case, such as {@code not_found}
   */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
