package io.github.aurausers;

import java.util.Map;

/** The server replied with an error. An unexpected status has no subclass. */
public class ApiException extends AuraException {
  private static final long serialVersionUID = 1L;

  ApiException(ErrorKind kind, Map<String, Object> fields) {
    super(kind, fields);
  }
}
