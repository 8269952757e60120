package io.github.aurausers;

import java.util.Map;

/** 401: the credential is missing, or the server rejected it. See {@link #reason()}. */
public class AuthenticationException extends ApiException {
  private static final long serialVersionUID = 1L;

  AuthenticationException(ErrorKind kind, Map<String, Object> fields) {
    super(kind, fields);
  }
}
