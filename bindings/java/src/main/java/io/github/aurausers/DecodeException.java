package io.github.aurausers;

import java.util.Map;

/** The reply is not a valid reply of this endpoint. */
public final class DecodeException extends AuraException {
  private static final long serialVersionUID = 1L;

  DecodeException(Map<String, Object> fields) {
    super(ErrorKind.DECODE, fields);
  }
}
