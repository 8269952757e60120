package io.github.aurausers;

import java.util.Map;

/** A bug in this library, or the C library cannot be loaded. */
public final class InternalException extends AuraException {
  private static final long serialVersionUID = 1L;

  InternalException(Map<String, Object> fields) {
    super(ErrorKind.INTERNAL, fields);
  }

  InternalException(String message) {
    super(ErrorKind.INTERNAL, message);
  }

  InternalException(String message, Throwable cause) {
    this(message);
    initCause(cause);
  }
}
