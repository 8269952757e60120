package io.github.aurausers;

import java.util.Map;

/** 5xx: the server failed. Its operators find the request by {@link #requestId()}. */
public final class ServerException extends ApiException {
  private static final long serialVersionUID = 1L;

  ServerException(Map<String, Object> fields) {
    super(ErrorKind.SERVER, fields);
  }
}
