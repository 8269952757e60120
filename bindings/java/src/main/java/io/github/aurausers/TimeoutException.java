package io.github.aurausers;

import java.util.Map;

/** A timeout expired. */
public final class TimeoutException extends AuraException {
  private static final long serialVersionUID = 1L;

  TimeoutException(Map<String, Object> fields) {
    super(ErrorKind.TIMEOUT, fields);
  }
}
