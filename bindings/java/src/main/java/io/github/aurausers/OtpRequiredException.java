package io.github.aurausers;

import java.util.Map;

/** 401: the account requires a one-time password: the option {@code otp}. */
public final class OtpRequiredException extends AuthenticationException {
  private static final long serialVersionUID = 1L;

  OtpRequiredException(Map<String, Object> fields) {
    super(ErrorKind.OTP_REQUIRED, fields);
  }
}
