package io.github.aurausers;

import java.util.Map;

/** 401: the one-time password is wrong or was used before. */
public final class OtpInvalidException extends AuthenticationException {
  private static final long serialVersionUID = 1L;

  OtpInvalidException(Map<String, Object> fields) {
    super(ErrorKind.OTP_INVALID, fields);
  }
}
