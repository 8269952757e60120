<?php

declare(strict_types=1);

namespace AuraUsers\Exception;

/** The server does not have this endpoint. */
final class UnsupportedException extends ApiException
{
}
