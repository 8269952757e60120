<?php

declare(strict_types=1);

namespace AuraUsers\Exception;

/** The server's certificate was rejected, or the TLS handshake failed. */
final class TlsException extends AuraException
{
}
