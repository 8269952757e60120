package io.github.aurausers;

import java.util.Map;

/** An argument or an option is invalid. The message names it. Nothing was sent. */
public final class InvalidArgumentException extends AuraException {
  private static final long serialVersionUID = 1L;

  InvalidArgumentException(Map<String, Object> fields) {
    super(ErrorKind.INVALID_ARGUMENT, fields);
  }

  InvalidArgumentException(String message) {
    super(ErrorKind.INVALID_ARGUMENT, message);
  }
}
