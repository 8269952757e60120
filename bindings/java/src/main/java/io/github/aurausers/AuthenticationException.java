package io.github.aurausers;

import java.util.Map;

/** 401: no credential, or one that the server refuses; {@link #reason()} tells which. */
public class AuthenticationException extends ApiException {
  private static final long serialVersionUID = 1L;

  AuthenticationException(ErrorKind kind, Map<String, Object> fields) {
    super(kind, fields);
  }
}
