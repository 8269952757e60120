package io.github.aurausers;

import java.util.Map;

/** This server has no such endpoint. */
public final class UnsupportedException extends ApiException {
  private static final long serialVersionUID = 1L;

  UnsupportedException(Map<String, Object> fields) {
    super(ErrorKind.UNSUPPORTED, fields);
  }
}
