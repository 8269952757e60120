package io.github.aurausers;

import java.util.Map;

/** A bad argument or option, which the message names. Nothing was sent. */
public final class InvalidArgumentException extends AuraException {
  private static final long serialVersionUID = 1L;

  InvalidArgumentException(Map<String, Object> fields) {
    super(ErrorKind.INVALID_ARGUMENT, fields);
  }

  InvalidArgumentException(String message) {
    super(ErrorKind.INVALID_ARGUMENT, message);
  }
}
