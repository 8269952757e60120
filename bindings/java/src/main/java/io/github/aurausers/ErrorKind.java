package io.github.aurausers;

import java.util.Locale;

/** The kind of an error. Every language of this library has the same kinds and numbers. */
public enum ErrorKind {
  // generated: error kinds
  /** An argument or an option is invalid. Nothing was sent. */
  INVALID_ARGUMENT(10),

  /** 401: the credential is missing, or the server rejected it. */
  UNAUTHENTICATED(20),

  /** 401: the account requires a one-time password (option "otp"). */
  OTP_REQUIRED(21),

  /** 401: the one-time password is wrong or was used before. */
  OTP_INVALID(22),

  /** 403: the credential is valid, but it does not permit this call. */
  FORBIDDEN(23),

  /** 404: the user does not exist. */
  NOT_FOUND(24),

  /** The server does not have this endpoint. */
  UNSUPPORTED(25),

  /** 422: the server rejected some fields. The field errors name them. */
  VALIDATION(26),

  /** 429, or the rate limit resets later than the timeouts of the call allow. */
  RATE_LIMITED(27),

  /** 5xx: the server failed. */
  SERVER(28),

  /** Any other HTTP status. */
  UNEXPECTED_STATUS(29),

  /** The connection failed, or it was lost before the whole reply arrived. */
  CONNECT(40),

  /** The server's certificate was rejected, or the TLS handshake failed. */
  TLS(41),

  /** A timeout expired. */
  TIMEOUT(42),

  /** The program cancelled the call. */
  CANCELLED(43),

  /** The reply is not a valid reply of this endpoint. */
  DECODE(60),

  /** A bug in this library. It was caught, and the process continues. */
  INTERNAL(70);
  // end of generated: error kinds

  private final int code;

  ErrorKind(int code) {
    this.code = code;
  }

  /**
   * Returns the number of the kind in the C library.
   *
   * @return the number
   */
  public int code() {
    return code;
  }

  /** Returns the kind with a number. A kind of a later library is {@code INTERNAL}. */
  static ErrorKind of(int code) {
    for (ErrorKind kind : values()) {
      if (kind.code == code) {
        return kind;
      }
    }
    return INTERNAL;
  }

  /**
   * Returns the name of the kind, which is the same in every language of this library.
   *
   * @return the name in lower case, such as {@code not_found}
   */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
