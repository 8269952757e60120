package io.github.aurausers;

import java.util.Map;

/** No connection, or it broke before a whole reply came. */
public final class ConnectException extends AuraException {
  private static final long serialVersionUID = 1L;

  ConnectException(Map<String, Object> fields) {
    super(ErrorKind.CONNECT, fields);
  }
}
