package io.github.aurausers;

import java.util.Map;

/** The program cancelled the call, for example by an interruption of its thread. */
public final class CancelledException extends AuraException {
  private static final long serialVersionUID = 1L;

  CancelledException(Map<String, Object> fields) {
    super(ErrorKind.CANCELLED, fields);
  }

  CancelledException(String message) {
    super(ErrorKind.CANCELLED, message);
  }
}
