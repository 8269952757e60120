package io.github.aurausers;

import java.util.Map;

/** The server's certificate was rejected, or the TLS handshake failed. */
public final class TlsException extends AuraException {
  private static final long serialVersionUID = 1L;

  TlsException(Map<String, Object> fields) {
    super(ErrorKind.TLS, fields);
  }
}
