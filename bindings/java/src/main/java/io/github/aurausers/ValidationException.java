package io.github.aurausers;

import java.util.Map;

/** 422: {@link #errors()} has the fields that the server rejected. */
public final class ValidationException extends ApiException {
  private static final long serialVersionUID = 1L;

  ValidationException(Map<String, Object> fields) {
    super(ErrorKind.VALIDATION, fields);
  }
}
