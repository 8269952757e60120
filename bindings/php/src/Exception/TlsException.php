<?php

declare(strict_types=1);

namespace AuraUsers\Exception;

/** The server's certificate was refused, or the TLS handshake failed. */
final class TlsException extends AuraException
{
}
