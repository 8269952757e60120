package io.github.aurausers;

import java.util.Map;

/** 404: the user does not exist. */
public final class NotFoundException extends ApiException {
  private static final long serialVersionUID = 1L;

  NotFoundException(Map<String, Object> fields) {
    super(ErrorKind.NOT_FOUND, fields);
  }
}
