package io.github.aurausers;

import java.util.Map;

/** The server does not have this endpoint. */
public final class UnsupportedException extends ApiException {
  private static final long serialVersionUID = 1L;

  UnsupportedException(Map<String, Object> fields) {
    super(ErrorKind.UNSUPPORTED, fields);
  }
}
