package io.github.aurausers;

import java.util.Map;

/** 403: the credential does not permit this call. See {@link #reason()}. */
public final class PermissionDeniedException extends ApiException {
  private static final long serialVersionUID = 1L;

  PermissionDeniedException(Map<String, Object> fields) {
    super(ErrorKind.FORBIDDEN, fields);
  }
}
