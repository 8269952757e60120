package io.github.aurausers;

import java.util.Map;

/** The server replied, and not with success. Itself: a status that has no class of its own. */
public class ApiException extends AuraException {
  private static final long serialVersionUID = 1L;

  ApiException(ErrorKind kind, Map<String, Object> fields) {
    super(kind, fields);
  }
}
