<?php

declare(strict_types=1);

namespace AuraUsers\Exception;

/** The C library cannot be loaded: it is missing, its version does not match, or php.ini forbids it. */
final class LibraryException extends \RuntimeException
{
}
