package io.github.aurausers;

import java.util.Map;

/** 403: the credential is known but may not do this; {@link #reason()} may tell why. */
public final class PermissionDeniedException extends ApiException {
  private static final long serialVersionUID = 1L;

  PermissionDeniedException(Map<String, Object> fields) {
    super(ErrorKind.FORBIDDEN, fields);
  }
}
