package io.github.aurausers;

import java.util.Map;

/** 422: the server refused the fields; {@link #errors()} says which and why. */
public final class ValidationException extends ApiException {
  private static final long serialVersionUID = 1L;

  ValidationException(Map<String, Object> fields) {
    super(ErrorKind.VALIDATION, fields);
  }
}
