package io.github.aurausers;

import java.util.Map;

/** The connection failed, or it was lost before the whole reply arrived. */
public final class ConnectException extends AuraException {
  private static final long serialVersionUID = 1L;

  ConnectException(Map<String, Object> fields) {
    super(ErrorKind.CONNECT, fields);
  }
}
